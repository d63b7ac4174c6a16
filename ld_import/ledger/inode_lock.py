"""A lock on the file of a ledger itself: a hard link is another path, but not another ledger."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows; there the lock file beside the ledger is all there is
    fcntl = None  # type: ignore[assignment]

# SQLite locks some bytes after the first gigabyte, see https://www.sqlite.org/lockingv3.html.
# flock(2) would lock those too where it is made of record locks: on NFS and on BSD systems.
LOCKED_BYTE = 1 << 62
HELD = (errno.EACCES, errno.EAGAIN)


class InodeLock:
    """A lock of the operating system on one file, whatever path leads to it."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._opened: int | None = None

    def acquire(self, file: Path) -> bool:
        """Lock the file if it exists; return False if another process holds it."""
        if fcntl is None or self._opened is not None:
            return True
        try:
            self._opened = os.open(file, os.O_RDWR)
        except OSError:
            # There is none yet, or SQLite will say why it cannot be opened.
            return True
        try:
            _lock_byte(self._opened)
        except OSError as error:
            # Any other error: the file system has no such locks.
            return error.errno not in HELD
        return True

    def release(self) -> None:
        """Give the lock back; SQLite must have closed the file before."""
        if self._opened is not None:
            os.close(self._opened)
            self._opened = None


def _lock_byte(opened: int) -> None:
    if hasattr(fcntl, "F_OFD_SETLK"):
        # Belongs to what was opened here, and is kept when SQLite closes the file it opened.
        wanted = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, LOCKED_BYTE, 1, 0)
        fcntl.fcntl(opened, fcntl.F_OFD_SETLK, wanted)
    else:
        fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, LOCKED_BYTE)
