"""Putting a finished file in the place of an older one, for those who read it at any time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

# A collector of metrics reads as another user.
READABLE = 0o644
PRIVATE = 0o600


@contextmanager
def replacing(path: Path, *, mode: int) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends, and is removed if it raises.

    A reader finds either what was there before or the new file, whole. The new file has this mode
    whatever the umask; a link in its place is replaced, never followed. Raises OSError.
    """
    # Its name cannot be guessed, and it is created by O_EXCL and O_NOFOLLOW.
    with NamedTemporaryFile(dir=path.parent, prefix=".ld-import-", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that every user may read. Raises OSError, and nothing has changed then."""
    with replacing(path, mode=READABLE) as file:
        file.write(content)


def is_foreign_link(path: Path) -> bool:
    """Return whether another user, not root, decides where this path leads.

    In a folder that several users may write to, such a link would direct output into any file.
    """
    return path.is_symlink() and path.lstat().st_uid not in (os.geteuid(), 0)
