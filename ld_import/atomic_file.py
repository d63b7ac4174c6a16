"""Atomic writing: a reader finds the previous file or the new one, never an incomplete file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

PRIVATE = 0o600
# For files that other users read, such as those for a collector of metrics.
READABLE = 0o644


@contextmanager
def replacing(path: Path, *, mode: int) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces `path` when the block ends.

    If the block raises, the temporary file is removed and `path` is unchanged. The new file has
    this mode independently of the umask. A link at `path` is replaced, not followed. Raises
    OSError.
    """
    # Its name cannot be guessed, and it is created with O_EXCL and O_NOFOLLOW.
    with NamedTemporaryFile(dir=path.parent, prefix=".ld-import-", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def replacing_by_path(path: Path) -> Iterator[Path]:
    """Create an empty private file; it becomes `path` when the block ends.

    The block gets its path, for libraries that open files by name. A process that is killed
    leaves `path` with the suffix `.part`; the next call removes that file. The rename is on the
    disk as well when this returns. Raises OSError.
    """
    temporary = path.with_name(f"{path.name}.part")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # Not every file system can sync a folder.
    with suppress(OSError):
        _sync(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that every user may read. Raises OSError and leaves `path` unchanged then."""
    with replacing(path, mode=READABLE) as file:
        file.write(content)


def is_foreign_link(path: Path) -> bool:
    """Return whether `path` is a link of another user, except root.

    In a folder that several users may write to, such a link can redirect output to any file.
    """
    return path.is_symlink() and path.lstat().st_uid not in (os.geteuid(), 0)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
