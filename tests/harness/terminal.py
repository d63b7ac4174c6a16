"""Reads the output of a program on a pseudo-terminal."""

from __future__ import annotations

import os

MOST_BYTES = 65_536


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
