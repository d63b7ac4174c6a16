"""The preparation of one file: opened at its source, probed, stored and verified.

Everything about one file that is wrong is a result; what concerns all files is an error.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import IO

from ld_import.assets.base import (
    MEDIA,
    SUFFIX,
    FileProblem,
    FileResult,
    FileTask,
    Given,
    KeyTaken,
    NotPrepared,
    Prepared,
    Source,
    StorageSettings,
)
from ld_import.assets.control import Control
from ld_import.assets.key import check_image_url, check_key
from ld_import.assets.probe import Probed, ProbeProblem, check_probing, probe
from ld_import.assets.source import open_source
from ld_import.assets.storage import open_storage, store_file
from ld_import.assets.storages.base import Body
from ld_import.model import StoredFile
from ld_import.tempdir import disk_errors

PIECE_BYTES = 1024 * 1024
OpenPieces = Callable[[], Iterator[bytes]]


def prepare_file(task: FileTask, control: Control) -> FileResult:
    """Store a file unless its content is stored already; return the result.

    Safe to repeat: the same content gets the same key, and what is stored is not sent again. Raises
    StorageRefused, StorageUnavailable and UsageError of a storage, UsageError if a library is not
    installed, and Stopped.
    """
    check_probing()
    identity = ""
    try:
        with ExitStack() as stack:
            source = open_source(task.source, task.rules, pause=control.pause)
            stack.enter_context(closing(source))
            identity = source.state.identity
            return _Preparation(task, source, control, stack).run()
    except (FileProblem, ProbeProblem) as problem:
        return NotPrepared(str(problem), identity, isinstance(problem, KeyTaken))


@dataclass(frozen=True, slots=True)
class _Preparation:
    task: FileTask
    source: Source
    control: Control
    stack: ExitStack

    def run(self) -> FileResult:
        task, given = self.task, self.task.given
        size = self.source.state.size
        _check_size(given, size)
        probed = probe(SourceFile(self.source), size, task.source)
        media = _media_of(given, probed)
        _check_complete(given, probed, media)
        settings = task.storages[media]
        key = task.keys[settings.name].replace(SUFFIX, probed.suffix)
        check_key(settings, key)
        if media == "image":
            check_image_url(settings, key)
        open_pieces: OpenPieces = self._pieces
        if task.stored is not None:
            content = self._content()
            open_pieces = content.open_pieces
            if content.sha256 == task.stored.sha256:
                lacking = self._lacking(task.stored)
                if lacking is None:
                    return self._prepared(_again(task.stored, probed), media, probed, is_same=True)
                old = replace(task, version=task.stored.version, is_begun=True)
                again = replace(self, task=old)
                return again._store(lacking, task.stored.key, probed, open_pieces)
            _check_other_key(task.stored, settings, key)
        return self._store(settings, key, probed, open_pieces)

    def _lacking(self, stored: StoredFile) -> StorageSettings | None:
        """Return the storage of a stored file if the object is not there any more."""
        for settings in self.task.storages.values():
            if settings.name == stored.storage:
                there = open_storage(settings).head(stored.key)
                return None if there is not None and there.size == stored.size else settings
        return None

    def _store(
        self, settings: StorageSettings, key: str, probed: Probed, open_pieces: OpenPieces
    ) -> FileResult:
        task = self.task
        stored = store_file(
            open_storage(settings),
            key,
            Body(
                open_pieces=partial(_checked, open_pieces, task.given),
                mime_type=task.given.mime_type or probed.mime_type,
                size=self.source.state.size,
                owner=task.owner,
            ),
            verify=task.verify,
            may_replace=task.is_begun,
        )
        file = StoredFile(
            version=task.version,
            storage=settings.name,
            key=key,
            size=stored.size,
            sha256=stored.sha256,
            etag=stored.etag,
            mime_type=probed.mime_type,
            width=probed.width,
            height=probed.height,
            duration=probed.duration_seconds,
        )
        return self._prepared(
            file,
            _media_of(task.given, probed),
            probed,
            sent_bytes=stored.sent_bytes,
            more_warnings=stored.warnings,
        )

    def _prepared(
        self,
        file: StoredFile,
        media: str,
        probed: Probed,
        *,
        is_same: bool = False,
        sent_bytes: int = 0,
        more_warnings: tuple[str, ...] = (),
    ) -> Prepared:
        return Prepared(
            identity=self.source.state.identity,
            file=file,
            media=media,
            is_same=is_same,
            sent_bytes=sent_bytes,
            warnings=(*(warned.text for warned in probed.warnings), *more_warnings),
        )

    def _pieces(self) -> Iterator[bytes]:
        for piece in self.source.stream():
            self.control.take(len(piece))
            yield piece

    def _content(self) -> _Content:
        """Read the whole file, to compare it with what is stored; keep it in a temporary file."""
        digest = hashlib.sha256()
        kept = self.stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (entered here)
        for piece in _checked(self._pieces, self.task.given):
            digest.update(piece)
            with disk_errors("the content of a file"):
                kept.write(piece)
        return _Content(digest.digest(), partial(_pieces_of, kept))


@dataclass(frozen=True, slots=True)
class _Content:
    sha256: bytes
    open_pieces: OpenPieces


class SourceFile:
    """A source as a file that can be read from any position, for probing."""

    def __init__(self, source: Source) -> None:
        """Begin at the first byte."""
        self._source = source
        self._position = 0

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        piece = self._source.read(self._position, size)
        self._position += len(piece)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Change the position; the end of a file of unknown size is found by reading it."""
        if whence == os.SEEK_END:
            offset += self._size()
        elif whence == os.SEEK_CUR:
            offset += self._position
        self._position = offset
        return offset

    def _size(self) -> int:
        size = self._source.state.size
        if size is not None:
            return size
        position = 0
        while piece := self._source.read(position, PIECE_BYTES):
            position += len(piece)
        return position


def _check_other_key(stored: StoredFile, settings: StorageSettings, key: str) -> None:
    """Raise FileProblem if another content would have the key of the stored one."""
    if (settings.name, key) == (stored.storage, stored.key):
        raise FileProblem(
            f"the file changed, and its key {key!r} is still that of the stored content, which is"
            " not overwritten; use `version` in the template `key` of the storage"
        )


def _again(stored: StoredFile, probed: Probed) -> StoredFile:
    """Return a stored file with facts that were probed again: the rules may have changed."""
    return stored._replace(
        mime_type=probed.mime_type,
        width=probed.width,
        height=probed.height,
        duration=probed.duration_seconds,
    )


def _pieces_of(kept: IO[bytes]) -> Iterator[bytes]:
    kept.seek(0)
    while piece := kept.read(PIECE_BYTES):
        yield piece


def _checked(open_pieces: OpenPieces, given: Given) -> Iterator[bytes]:
    """Yield the bytes of a file. Raises FileProblem at the end if the record states others."""
    digest, size = hashlib.sha256() if given.sha256 else None, 0
    for piece in open_pieces():
        size += len(piece)
        if digest is not None:
            digest.update(piece)
        yield piece
    _check_size(given, size)
    if digest is not None and given.sha256 and digest.hexdigest() != given.sha256.lower():
        raise FileProblem(
            f"the file is not the one of the record: its sha256 is {digest.hexdigest()}, the record"
            f" states {given.sha256.lower()}"
        )


def _check_size(given: Given, size: int | None) -> None:
    if given.size is not None and size is not None and given.size != size:
        raise FileProblem(f"the file has {size:,} bytes, but `asset.size` is {given.size:,}")


def _media_of(given: Given, probed: Probed) -> str:
    """Return the kind of media: as the record says, else by the content."""
    stated = given.media_type
    if stated not in MEDIA:
        return probed.kind
    if stated != "file" and stated != probed.kind:
        raise FileProblem(
            f"`mediaType` is `{stated}`, but the content of the file is {probed.mime_type}"
        )
    return str(stated)


def _check_complete(given: Given, probed: Probed, media: str) -> None:
    if media == "file":
        return
    shape = {"width": given.width, "height": given.height, "duration": given.duration}
    known = [name for name, value in shape.items() if value is not None]
    if problem := probed.problem(known):
        raise FileProblem(problem)
