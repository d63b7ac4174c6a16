"""Files of this machine, below the folder of the manifest."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ld_import.assets.base import FileProblem, SourceChanged, SourceRules, SourceState
from ld_import.assets.sources.location import shown, spellings, unreadable

PIECE_BYTES = 1024 * 1024
# A pipe or a device must not block, and the last name must not become a link meanwhile.
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "the file does not exist",
    NotADirectoryError: "the file does not exist",
    PermissionError: "permission denied",
}


def check_path(source: str, rules: SourceRules) -> None:
    """Raise FileProblem if a path leads out of the folder, or cannot be one."""
    if "\0" in source:
        raise FileProblem(f"{shown(source)} is not a valid path: it contains a NUL character")
    if not source.strip("/"):
        raise FileProblem(f"{shown(source)} is not the path of a file")
    try:
        os.fsencode(source)
    except ValueError:
        raise FileProblem(f"{shown(source)} is not a valid path") from None
    if rules.allow_outside:
        return
    if source.startswith("/") or os.path.normpath(source).split("/")[0] == "..":
        raise _outside(source)


def state_of_path(source: str, rules: SourceRules) -> SourceState:
    """Return the state of a file, without opening it."""
    status = _quick_status(source, rules)
    if status is not None:
        return _state(source, status)
    path = _resolved(source, rules)
    try:
        return _state(source, path.stat())
    except OSError as error:
        raise _problem(source, error) from None


def open_path(source: str, rules: SourceRules) -> LocalSource:
    """Open a file below the folder of the rules."""
    path = _resolved(source, rules)
    try:
        # Before opening: to open a device can have effects.
        _state(source, path.stat())
        return LocalSource(source, os.open(path, FLAGS))
    except OSError as error:
        raise _problem(source, error) from None


class LocalSource:
    """An open file."""

    def __init__(self, source: str, descriptor: int) -> None:
        """Read from this descriptor, which is closed by `close`, or if the file is not regular."""
        self._source = source
        self._descriptor = descriptor
        try:
            self.state = _state(source, os.fstat(descriptor))
        except BaseException:
            self.close()
            raise

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start` on."""
        parts = []
        while length > 0:
            part = self._pread(min(length, PIECE_BYTES), start)
            if not part:
                break
            parts.append(part)
            start, length = start + len(part), length - len(part)
        return b"".join(parts)

    def stream(self) -> Iterator[bytes]:
        """Yield all bytes; raises SourceChanged at the end if the file changed meanwhile."""
        position = 0
        while piece := self._pread(PIECE_BYTES, position):
            position += len(piece)
            yield piece
        self._check_unchanged(position)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _pread(self, length: int, start: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, start)
        except OSError as error:
            raise _problem(self._source, error) from None

    def _check_unchanged(self, byte_count: int) -> None:
        if _state(self._source, os.fstat(self._descriptor)) != self.state:
            raise SourceChanged(f"{shown(self._source)} changed while it was read")
        if byte_count != self.state.size:
            raise unreadable(
                self._source,
                f"it has {byte_count:,} bytes, but its folder states {self.state.size:,}",
            )


def _state(source: str, status: os.stat_result) -> SourceState:
    if stat.S_ISDIR(status.st_mode):
        raise unreadable(source, "it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise unreadable(source, "it is not a regular file")
    # A copy that keeps the time has the same identity. A file that was only touched has another
    # one and is read again; its hash then shows that the content is the same.
    return SourceState(f"{status.st_size}:{status.st_mtime_ns}", status.st_size)


def _quick_status(source: str, rules: SourceRules) -> os.stat_result | None:
    """Return the status of a file that is not a link, in a folder that was seen before.

    A run asks for the state of a million files, and resolving each path takes 60 µs.
    """
    check_path(source, rules)
    folder, _, name = source.rpartition("/")
    if name in ("", ".", ".."):
        return None
    if not folder and source.startswith("/"):
        folder = "/"
    inside = _inside(rules.folder, folder, rules.allow_outside)
    try:
        status = os.lstat(f"{inside}/{name}") if inside else None
    except (OSError, ValueError):
        return None
    return None if status is None or stat.S_ISLNK(status.st_mode) else status


@lru_cache(10_000)
def _inside(base: Path, folder: str, allow_outside: bool) -> str | None:
    """Return a folder without links, `None` if it is missing or outside of `base`."""
    try:
        root = base.resolve(strict=True)
        path = (root / folder).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    return str(path) if allow_outside or path.is_relative_to(root) else None


def _resolved(source: str, rules: SourceRules) -> Path:
    """Return the path without links. Raises FileProblem if it is missing or outside."""
    check_path(source, rules)
    try:
        folder = rules.folder.resolve(strict=True)
        path = _existing(folder, source).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise _problem(source, error) from None
    if not (rules.allow_outside or path.is_relative_to(folder)):
        raise _outside(source)
    return path


def _existing(folder: Path, source: str) -> Path:
    """Return the path as the file system spells it: composed or decomposed letters."""
    path = folder / source
    if source.isascii() or os.path.lexists(path):
        return path
    found = Path("/") if source.startswith("/") else folder
    for name in Path(source).parts:
        found = _spelled(found, name)
    return found


def _spelled(folder: Path, name: str) -> Path:
    forms = (folder / form for form in spellings(name))
    return next((path for path in forms if os.path.lexists(path)), folder / name)


def _problem(source: str, error: OSError | RuntimeError) -> FileProblem:
    # NOTE: before Python 3.13, `resolve` reports a circle of links as a RuntimeError.
    if isinstance(error, RuntimeError) or error.errno == errno.ELOOP:
        return unreadable(source, "its symbolic links form a circle")
    if isinstance(error, FileNotFoundError) and "\\" in source:
        return unreadable(source, "the file does not exist; folders are separated by /")
    if isinstance(error, FileNotFoundError) and source != source.strip():
        return unreadable(source, "the file does not exist; the path begins or ends with a space")
    usual = (error.strerror or "it cannot be opened").lower()
    return unreadable(source, REASONS.get(type(error), usual))


def _outside(source: str) -> FileProblem:
    return FileProblem(
        f"{shown(source)} is outside the folder of the manifest; allow it with"
        " --allow-outside-source"
    )
