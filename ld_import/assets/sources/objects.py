"""Objects of buckets: Amazon S3 and its relatives, Google Cloud Storage, Azure Blob Storage."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from ld_import.assets.base import SourceChanged, SourceRules, SourceState
from ld_import.assets.sources.buffered import RangesIgnored
from ld_import.assets.sources.limits import connection_of
from ld_import.assets.sources.location import shown, spellings, unreadable
from ld_import.assets.sources.object_failures import FileMissing, Unexplained, translated
from ld_import.assets.sources.object_stores import ObjectPlace, place_of, store_for
from ld_import.assets.sources.retry import LostConnections, Transient
from ld_import.clock import Pause
from ld_import.errors import StorageUnavailable

PIECE_BYTES = 1024 * 1024
# The library loses what it collected for a chunk when a connection is lost.
CHUNK_BYTES = 64 * 1024


def state_of_object(source: str, rules: SourceRules) -> SourceState:
    """Return the state of an object, by a head request."""
    return _found(source, place_of(source, rules))[1]


def open_object(source: str, rules: SourceRules, pause: Pause) -> ObjectSource:
    """Return a source for an object; its state is requested at once."""
    place, state = _found(source, place_of(source, rules))
    return ObjectSource(source, place, state, pause)


class ObjectSource:
    """An object of a bucket."""

    def __init__(self, source: str, place: ObjectPlace, state: SourceState, pause: Pause) -> None:
        """Read an object that is expected in this state."""
        self.state = state
        self._source = source
        self._place = place
        self._pause = pause

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start` on."""
        end = min(start + length, self.state.size or 0)
        if start >= end:
            return b""
        with connection_of(self._place.settings), translated(self._source):
            result = self._get({"range": (start, end)})
            content = bytes(result.bytes())
        if len(content) != end - start:
            raise unreadable(self._source, "the host sends another part than requested")
        return content

    def stream(self) -> Iterator[bytes]:
        """Yield all bytes; a lost connection continues at the byte it reached."""
        position = 0
        lost = LostConnections(self._pause)
        while position < (self.state.size or 0):
            try:
                with closing(self._pieces(position)) as pieces:
                    for piece in pieces:
                        position += len(piece)
                        lost.note_bytes(len(piece))
                        yield piece
                self._check_complete(position)
            except Transient as failure:
                lost.wait_after(failure)
            except RangesIgnored:
                raise unreadable(
                    self._source,
                    "the connection was lost, and the host cannot continue an object from the"
                    " middle",
                ) from None

    def close(self) -> None:
        """Do nothing: connections are shared."""

    def _pieces(self, position: int) -> Generator[bytes]:
        options = {"range": {"offset": position}} if position else {}
        with connection_of(self._place.settings), translated(self._source):
            chunks = self._get(options).stream(min_chunk_size=CHUNK_BYTES)
            try:
                with translated(self._source):
                    for chunk in chunks:
                        yield from _cut(chunk)
            except StorageUnavailable:
                why = "the host closed the connection before the end"
                raise Transient(str(unreadable(self._source, why))) from None

    def _get(self, options: dict[str, Any]) -> Any:
        if self.state.identity.startswith('"'):
            options = {**options, "if_match": self.state.identity}
        result = _get(self._place, options)
        if _state_from(result.meta) != self.state:
            raise SourceChanged(f"{shown(self._source)} changed while it was read")
        return result

    def _check_complete(self, byte_count: int) -> None:
        size = self.state.size or 0
        text = f"the host states {size:,} bytes, and sends {byte_count:,}"
        if byte_count < size:
            raise Transient(str(unreadable(self._source, text)))
        if byte_count > size:
            raise unreadable(self._source, text)


def _cut(chunk: Any) -> Iterator[bytes]:
    content = memoryview(chunk)
    for start in range(0, len(content), PIECE_BYTES):
        yield bytes(content[start : start + PIECE_BYTES])


def _found(source: str, place: ObjectPlace) -> tuple[ObjectPlace, SourceState]:
    """Return the object and its state, under the spelling of the key that exists."""
    with connection_of(place.settings):
        for key in spellings(place.key):
            try:
                return place._replace(key=key), _head(source, place._replace(key=key))
            except (FileMissing, Unexplained):
                continue
        # The answer to HEAD has no content; that to GET has the reason, such as a missing bucket.
        with translated(source):
            return place, _state_from(_get(place, {"range": (0, 1)}).meta)


def _head(source: str, place: ObjectPlace) -> SourceState:
    # First: it reports a library that is missing.
    store = store_for(place)
    import obstore

    with translated(source):
        return _state_from(obstore.head(store, place.key))


def _get(place: ObjectPlace, options: Any) -> Any:
    store = store_for(place)
    import obstore

    return obstore.get(store, place.key, options=options)


def _state_from(meta: Any) -> SourceState:
    etag = meta["e_tag"] or ""
    # A weak one may stay the same when bytes change.
    identity = etag if etag and not etag.startswith("W/") else f"{meta['last_modified']}"
    return SourceState(identity, meta["size"])
