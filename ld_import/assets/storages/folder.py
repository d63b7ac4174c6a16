"""A local folder as a storage: a reader finds a complete file or none, and nothing is replaced.

A file system that ignores case has one file for two keys that differ in case only; the second one
is then another object under the same key.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ld_import.assets.base import FileProblem, StorageSettings
from ld_import.assets.key import check_key, folder_text
from ld_import.assets.storages.base import Body, ObjectState, Stored, other_object
from ld_import.assets.storages.digests import MEGABYTE, Digests
from ld_import.assets.storages.new_file import NewFile, make_folders, new_file, owner_of
from ld_import.assets.storages.pieces import Guarded, sha256_of
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError

DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL = {errno.ENOSPC, errno.EDQUOT}
# A name is too long, or a file is where a folder must be.
UNFIT = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EEXIST}


class FolderStorage:
    """Files below a folder that a web server publishes; keys are relative paths."""

    def __init__(self, settings: StorageSettings) -> None:
        """Remember the folder; it must exist when a file is stored."""
        self._settings = settings
        self._name = settings.name
        self._folder = Path(folder_text(settings.url) or ".")

    def check(self) -> None:
        """Return if the folder exists and its permissions allow writing."""
        if not self._folder.is_dir():
            raise UsageError(
                f"the storage `{self._name}` has no folder `{self._folder}`",
                hint="create the folder, or mount the disk that has it",
            )
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise self._refused("it may not be written to")

    def put(self, key: str, body: Body, *, may_replace: bool = False) -> Stored:
        """Store a file: its bytes are on the disk before its name appears."""
        self.check()
        guarded = Guarded(body.open_pieces())
        try:
            with self._explained(key):
                return self._put(key, guarded.pieces(), body.owner, may_replace=may_replace)
        except Exception:
            if guarded.error is not None:
                raise guarded.error from None
            raise
        finally:
            guarded.close()

    def _put(self, key: str, pieces: Iterator[bytes], owner: str, *, may_replace: bool) -> Stored:
        path = self._path(key)
        make_folders(path.parent)
        self._check_inside(key, path)
        digests = Digests(MEGABYTE)
        with new_file(path.parent) as file:
            file.set_owner(owner)
            file.write(digests.passing(pieces))
            try:
                file.create(path)
                is_own = True
            except FileExistsError:
                is_own = not self._has(path, digests.size, digests.sha256)
                if is_own:
                    may_replace = may_replace and owner_of(path) == owner
                    self._replace(file, path, key, may_replace=may_replace)
        sent = digests.size if is_own else 0
        return Stored(digests.size, digests.sha256, None, "", sent, is_own)

    def _replace(self, file: NewFile, path: Path, key: str, *, may_replace: bool) -> None:
        if not may_replace:
            raise other_object(self._name, key) from None
        file.replace(path)

    def verify(self, key: str, stored: Stored, how: str) -> bool:
        """Compare the size of the file for `etag`, its bytes for `get`."""
        if how == "none":
            return True
        with self._explained(key):
            path = self._path(key)
            if how == "get":
                return self._has(path, stored.size, stored.sha256)
            return path.is_file() and path.stat().st_size == stored.size

    def head(self, key: str) -> ObjectState | None:
        """Return the size of a file, `None` if there is none."""
        with self._explained(key):
            path = self._path(key)
            return self._state(path) if path.is_file() else None

    def _state(self, path: Path) -> ObjectState:
        return ObjectState(path.stat().st_size, None, None, owner_of(path))

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        with self._explained(key):
            yield from _pieces(self._path(key))

    def _path(self, key: str) -> Path:
        check_key(self._settings, key)
        return self._folder / key

    def _check_inside(self, key: str, path: Path) -> None:
        if not path.parent.resolve().is_relative_to(self._folder.resolve()):
            raise FileProblem(
                f"a symbolic link in the folder of the storage `{self._name}` leads the key"
                f" `{key}` out of the folder; remove the link"
            )

    def _has(self, path: Path, size: int, sha256: bytes) -> bool:
        if not path.is_file() or path.stat().st_size != size:
            return False
        return sha256_of(_pieces(path)) == sha256

    def _refused(self, why: str) -> StorageRefused:
        return StorageRefused(
            f"the folder `{self._folder}` of the storage `{self._name}` cannot be used: {why}",
            hint="give this user the permission to write to the folder and the folders in it",
        )

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Raise errors of the file system as ours; those of the source are ours already."""
        try:
            yield
        except FileNotFoundError as error:
            raise FileProblem(
                f"the storage `{self._name}` has no file for the key `{key}`"
            ) from error
        except OSError as error:
            raise self._meaning(error, key) from error

    def _meaning(self, error: OSError, key: str) -> Exception:
        said = error.strerror or type(error).__name__
        if error.errno in DENIED:
            return self._refused(said)
        if error.errno in UNFIT:
            return FileProblem(f"the storage `{self._name}` cannot have the key `{key}`: {said}")
        hint = "free space there, then run the same command again" if error.errno in FULL else None
        return StorageUnavailable(
            f"the folder `{self._folder}` of the storage `{self._name}` does not work: {said}",
            hint=hint,
        )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(MEGABYTE):
            yield piece
