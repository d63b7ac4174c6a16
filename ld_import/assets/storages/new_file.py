"""New files in a folder: complete when their name appears, and nothing is left of those given up.

On Linux a file gets its name at the end. Elsewhere, and on file systems that cannot do so, it has a
temporary name meanwhile, which a killed process leaves behind.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ld_import.atomic_file import READABLE

OPENED_FILES = "/proc/self/fd"
PREFIX = ".ld-import-"
OWNER = "user.ldimport"
FOLDER_MODE = 0o755
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class NewFile:
    """An open file in a folder that has no name yet, or a temporary one."""

    def __init__(self, number: int, folder: Path, temporary: Path | None) -> None:
        """Store the open file, and its temporary name if it has one."""
        self._number = number
        self._folder = folder
        self._temporary = temporary

    def write(self, pieces: Iterator[bytes]) -> None:
        """Write all pieces to the disk, readable for everybody."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._number, rest) :]
        os.fchmod(self._number, READABLE)
        os.fsync(self._number)

    def set_owner(self, owner: str) -> None:
        """Note the owner in an attribute of the file, where the file system has attributes."""
        if owner and hasattr(os, "setxattr"):
            with suppress(OSError):
                os.setxattr(self._number, OWNER, owner.encode())

    def create(self, path: Path) -> None:
        """Give the file this name; raises FileExistsError if another file has it."""
        try:
            self._link(path)
        except OSError as error:
            if error.errno not in NO_LINKS or self._temporary is None:
                raise
            # The name is reserved first, since a rename replaces any file.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, READABLE))
            self._temporary.replace(path)
        sync_folder(self._folder)

    def replace(self, path: Path) -> None:
        """Give the file this name, in place of any other file."""
        if self._temporary is None:
            self._temporary = self._folder / f"{PREFIX}{secrets.token_hex(8)}"
            self._link_by_number(self._temporary)
        self._temporary.replace(path)
        sync_folder(self._folder)

    def close(self) -> None:
        """Close the file; without a name it is gone."""
        os.close(self._number)
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _link(self, path: Path) -> None:
        if self._temporary is None:
            self._link_by_number(path)
        else:
            os.link(self._temporary, path)

    def _link_by_number(self, path: Path) -> None:
        opened = os.open(OPENED_FILES, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.link(str(self._number), path, src_dir_fd=opened, follow_symlinks=True)
        finally:
            os.close(opened)


@contextmanager
def new_file(folder: Path) -> Iterator[NewFile]:
    """Open a new file in a folder; it is gone after the block unless it got a name."""
    file = _without_name(folder) or _with_temporary_name(folder)
    try:
        yield file
    finally:
        file.close()


def _without_name(folder: Path) -> NewFile | None:
    unnamed = getattr(os, "O_TMPFILE", None)
    if unnamed is None or not Path(OPENED_FILES).is_dir():
        return None
    try:
        return NewFile(os.open(folder, unnamed | os.O_WRONLY, READABLE), folder, None)
    except OSError as error:
        # Old kernels answer with EISDIR.
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return None
        raise


def _with_temporary_name(folder: Path) -> NewFile:
    path = folder / f"{PREFIX}{secrets.token_hex(8)}"
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, READABLE)
    return NewFile(number, folder, path)


def owner_of(path: Path) -> str:
    """Return the owner that was noted in a file; empty if there is none."""
    if not hasattr(os, "getxattr"):
        return ""
    try:
        return os.getxattr(path, OWNER).decode(errors="replace")
    except OSError:
        return ""


def make_folders(folder: Path) -> None:
    """Create a folder and the missing ones above it, readable for everybody."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    # Another thread may create it at the same time.
    with suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(FOLDER_MODE)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk, where the file system can do so."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
