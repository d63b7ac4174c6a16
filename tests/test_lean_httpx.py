"""httpx without its command line."""

from __future__ import annotations

import subprocess
import sys

LEAN = "import sys, ld_import.lean_httpx, httpx; "


def printed_by(code):
    """Return what a process prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_command_line_is_not_loaded():
    """Neither the command line of httpx nor its libraries are loaded, where they are installed."""
    names = "httpx._main click rich pygments"

    assert printed_by(f"{LEAN}print([n for n in '{names}'.split() if n in sys.modules])") == "[]"


def test_library_is_the_same():
    """It has the same names."""
    code = "print([name for name in dir(httpx) if name != '_main'])"

    assert printed_by(LEAN + code) == printed_by(f"import httpx; {code}")


def test_command_line_can_be_imported_later():
    """Importing it afterwards succeeds, or fails, as it would without this module."""
    code = (
        "import importlib\n"
        "try: print(importlib.import_module('httpx._main').main.name)\n"
        "except ImportError as error: print(error)"
    )

    assert printed_by(f"{LEAN.strip('; ')}\n{code}") == printed_by(code)


def test_loaded_httpx_stays():
    """A process that has httpx already keeps it, with its command line."""
    kept = "before = sys.modules.copy(); import ld_import.lean_httpx; after = sys.modules"
    changed = "[name for name in before if after.get(name) is not before[name]]"

    assert printed_by(f"import sys, httpx; {kept}; print({changed})") == "[]"
