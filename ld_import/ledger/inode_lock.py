"""A lock on the file of a ledger itself, which also covers its hard links."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has only the lock file beside the ledger
    fcntl = None  # type: ignore[assignment]

# SQLite locks some bytes after the first gigabyte, see https://www.sqlite.org/lockingv3.html.
# flock(2) would lock those bytes as well on systems that implement it with record locks (NFS, BSD).
LOCKED_BYTE = 1 << 62
# struct flock of Linux: type, origin, start, length, process.
LOCK_FORM = "hhqqi"
HELD = (errno.EACCES, errno.EAGAIN)


class InodeLock:
    """A lock of the operating system on one file, whatever path leads to it."""

    def __init__(self) -> None:
        """Create a lock that is not acquired."""
        self._opened: int | None = None

    def acquire(self, file: Path) -> bool:
        """Lock the file if it exists; return False if another process holds it."""
        if fcntl is None or self._opened is not None:
            return True
        try:
            self._opened = os.open(file, os.O_RDWR)
        except OSError:
            # The file does not exist yet, or SQLite will report why it cannot be opened.
            return True
        try:
            _lock_byte(self._opened)
        except OSError as error:
            # With any other error the file system does not support these locks.
            return error.errno not in HELD
        return True

    def release(self) -> None:
        """Release the lock; SQLite must have closed the file before."""
        if self._opened is not None:
            os.close(self._opened)
            self._opened = None


def is_locked(file: Path) -> bool | None:
    """Return whether a process holds the lock, `None` if this system cannot say.

    Nothing is locked and nothing written, so that no other process is disturbed.
    """
    if not hasattr(fcntl, "F_OFD_GETLK"):
        return None
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = fcntl.fcntl(opened, fcntl.F_OFD_GETLK, _wanted_lock())
    except OSError:
        return None
    finally:
        os.close(opened)
    is_free: bool = struct.unpack(LOCK_FORM, found)[0] == fcntl.F_UNLCK
    return not is_free


def _wanted_lock() -> bytes:
    return struct.pack(LOCK_FORM, fcntl.F_WRLCK, os.SEEK_SET, LOCKED_BYTE, 1, 0)


def _lock_byte(opened: int) -> None:
    if hasattr(fcntl, "F_OFD_SETLK"):
        # Belongs to this file descriptor: it is kept when SQLite closes its own.
        fcntl.fcntl(opened, fcntl.F_OFD_SETLK, _wanted_lock())
    else:
        fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, LOCKED_BYTE)
