"""Files that a flag names and that must be small: no device, no pipe, nothing without an end."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path


def read_small(path: Path, *, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Raises OSError, whose `strerror` says what is wrong with it.
    """
    with open_small(path, limit=limit) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _too_large(limit)
    return content


@contextmanager
def open_small(path: Path, *, limit: int) -> Iterator[BufferedReader]:
    """Open a regular file of at most `limit` bytes; raises OSError as `read_small` does."""
    # Otherwise opening a pipe waits for a writer.
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb", closefd=True) as file:
        _check(os.fstat(file.fileno()), limit)
        yield file


def check_small(path: Path, *, limit: int) -> None:
    """Raise OSError unless this is a regular file of at most `limit` bytes."""
    _check(path.stat(), limit)


def _check(status: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if status.st_size > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {limit:,} bytes")
