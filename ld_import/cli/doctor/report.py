"""Printing of checks: a line each, as soon as it is known, or one JSON document at the end."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any

from ld_import.cli.doctor.check import Check, State
from ld_import.cli.output.console import console, print_out
from ld_import.cli.output.sanitize import REDACTOR, sanitize

SIGNS = {State.OK: "✓", State.WARNING: "!", State.FAILED: "✗", State.SKIPPED: "-"}
WORDS = {State.OK: "ok", State.WARNING: "warn", State.FAILED: "fail", State.SKIPPED: "-"}
NAME_WIDTH = 15
INDENT = "    "
LEAST_TEXT_WIDTH = 20


def print_check(check: Check) -> None:
    """Print a check and its hints, and flush, since the next check may take a while."""
    signs = SIGNS if _has_signs() else WORDS
    width = max(map(len, signs.values()))
    text = f"skipped: {check.text}" if check.state is State.SKIPPED else check.text
    _print_wrapped(f"{signs[check.state]:<{width}} {check.name:<{NAME_WIDTH}} ", sanitize(text))
    for hint in check.hints:
        _print_wrapped(f"{INDENT}hint: ", sanitize(hint))
    sys.stdout.flush()


def _print_wrapped(start: str, text: str) -> None:
    """Print a line; on a terminal it is wrapped between words, below the start of its text."""
    if not sys.stdout.isatty():
        print_out(start + text)
        return
    columns = max(shutil.get_terminal_size().columns, len(start) + LEAST_TEXT_WIDTH)
    lines = wrap(text, columns - len(start), break_on_hyphens=False) or [""]
    print_out(start + lines[0])
    for line in lines[1:]:
        print_out(" " * len(start) + line)


def document(checks: list[Check], exit_code: int) -> dict[str, Any]:
    """Return the JSON document."""
    return {
        "checks": [
            {
                "name": check.name,
                "state": check.state.value,
                "text": REDACTOR.redact(check.text),
                "hints": [REDACTOR.redact(hint) for hint in check.hints],
                "exitCode": check.exit_code,
            }
            for check in checks
        ],
        "exitCode": exit_code,
    }


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show on a terminal what the block waits for."""
    if not text or not sys.stderr.isatty():
        yield
        return
    with console(to_stderr=True).status(text):
        yield


def _has_signs() -> bool:
    """Return whether to print signs: on a terminal that can show them, unless NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        "".join(SIGNS.values()).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
