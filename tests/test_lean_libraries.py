"""httpx and tenacity without the optional modules that they find."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = "import sys, ld_import.lean_libraries, httpx, tenacity; "


def printed_by(code):
    """Return what a process prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_unused_modules_are_not_loaded():
    """Neither the command line of httpx nor tornado is loaded, where they are installed."""
    names = "httpx._main click rich pygments tornado"

    assert printed_by(f"{START}print([n for n in '{names}'.split() if n in sys.modules])") == "[]"


def test_libraries_are_the_same():
    """Both have the names that they have without this module."""
    code = "print([name for one in (httpx, tenacity) for name in dir(one) if name != 'tornadoweb'])"

    with_all = printed_by(f"import httpx, tenacity; {code}").replace(" 'TornadoRetrying',", "")
    assert printed_by(START + code) == with_all.replace(" '_main',", "")


@pytest.mark.parametrize("name", ["httpx._main", "tornado"])
def test_unused_modules_can_be_imported_later(name):
    """An import of such a module afterwards succeeds, or fails, as it would without this one."""
    code = (
        "import importlib\n"
        f"try: print(importlib.import_module('{name}').__name__)\n"
        "except ImportError as error: print(error)"
    )

    assert printed_by(START.strip("; ") + "\n" + code) == printed_by(code)


def test_modules_that_are_used_stay():
    """A process that uses such a module already keeps it, and its libraries find it."""
    loaded = "import types; sys.modules['tornado'] = made = types.ModuleType('tornado')"
    code = (
        f"import sys; {loaded}; import ld_import.lean_libraries; print('tenacity' in sys.modules)"
    )

    assert printed_by(f"{code}; assert sys.modules['tornado'] is made") == "False"
