"""Runs a command on a pseudo-terminal, and reads its output."""

from __future__ import annotations

import os
import pty
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.harness.place import Place

MOST_BYTES = 65_536


def run_on_terminal(place: Place, *arguments: str, **options: Any) -> tuple[int | None, str]:
    """Run a command whose standard output is a terminal; return the exit code and that output.

    The options are those of `Place.start`.
    """
    ours, theirs = pty.openpty()
    try:
        try:
            process = place.start(*arguments, stdout=theirs, **options)
        finally:
            os.close(theirs)
        with process:
            text = read_to_end(ours).decode()
    finally:
        os.close(ours)
    return process.returncode, text


def read_to_end(terminal: int) -> bytes:
    """Return the output up to the moment when no program has the other end open any more.

    One read can return a part of what a program wrote.
    """
    return b"".join(iter(lambda: _read(terminal), b""))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, MOST_BYTES)
    except OSError:
        # Linux reports the end of a pseudo-terminal by EIO instead of an empty read.
        return b""
