"""Files of SFTP servers: state, ranges, and streams that continue after a lost connection."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import unquote

from ld_import.assets.base import SourceChanged, SourceRules, SourceState
from ld_import.assets.sources.limits import connection_of
from ld_import.assets.sources.location import shown, spellings, unreadable
from ld_import.assets.sources.retry import LostConnections, Transient, retried
from ld_import.assets.sources.sftp_failures import (
    HostAway,
    SftpMissing,
    missing,
    translated,
    translated_connect,
)
from ld_import.assets.sources.sftp_hosts import SftpPlace, client_of, disconnect, loop, place_of
from ld_import.clock import Pause
from ld_import.errors import UsageError

PIECE_BYTES = 1024 * 1024
# A piece may take long on a slow line; a connection without life signs ends earlier.
ANSWER_SECONDS = 300.0

T = TypeVar("T")


def state_of_sftp(source: str, rules: SourceRules, pause: Pause) -> SourceState:
    """Return the state of a file, by a stat request."""
    return _found(source, rules, pause)[1]


def open_sftp(source: str, rules: SourceRules, pause: Pause) -> SftpSource:
    """Return a source for a file; its state is requested at once."""
    place, state = _found(source, rules, pause)
    return SftpSource(source, place, state, pause)


class SftpSource:
    """A file of an SFTP server."""

    def __init__(self, source: str, place: SftpPlace, state: SourceState, pause: Pause) -> None:
        """Read a file that is expected in this state."""
        self.state = state
        self._source = source
        self._place = place
        self._pause = pause
        self._file: Any = None

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start` on."""
        length = min(length, (self.state.size or 0) - start)
        if length <= 0:
            return b""
        with connection_of(self._place.host.settings):
            return _persistently(lambda: self._call(self._piece(start, length)), self._pause)

    def stream(self) -> Iterator[bytes]:
        """Yield all bytes; a lost connection continues at the byte it reached."""
        position = 0
        lost = LostConnections(self._pause)
        with connection_of(self._place.host.settings):
            while True:
                try:
                    with closing(self._pieces(position)) as pieces:
                        for piece in pieces:
                            position += len(piece)
                            lost.note_bytes(len(piece))
                            yield piece
                except HostAway as failure:
                    raise failure.error from None
                except Transient as failure:
                    lost.wait_after(failure)
                else:
                    return

    def close(self) -> None:
        """Close the file; the connection stays open for others."""
        file, self._file = self._file, None
        if file is not None:
            # A lost connection has closed it, too.
            with suppress(Exception):
                loop.run(file.close())

    def _pieces(self, position: int) -> Generator[bytes]:
        size = self.state.size or 0
        ahead = self._begin(position)
        try:
            while position < size:
                piece = ahead.result()
                position += len(piece)
                # The next piece arrives while the caller works on this one.
                ahead = self._begin(position)
                yield piece
            ahead.result()
        finally:
            ahead.cancel()

    def _begin(self, position: int) -> Future[bytes]:
        """Begin to read the next piece, or to check the end, which has no bytes."""
        left = (self.state.size or 0) - position
        request = self._piece(position, min(PIECE_BYTES, left)) if left else self._end(position)
        return loop.submit(self._guarded(request))

    async def _piece(self, start: int, length: int) -> bytes:
        content: bytes = await (await self._opened()).read(length, start)
        if len(content) < length:
            await self._check_unchanged()
            raise unreadable(
                self._source,
                f"the server states {self.state.size:,} bytes, and sends {start + len(content):,}",
            )
        return content

    async def _end(self, size: int) -> bytes:
        if await (await self._opened()).read(1, size):
            await self._check_unchanged()
            raise unreadable(self._source, f"the server states {size:,} bytes, and sends more")
        await self._check_unchanged()
        return b""

    async def _check_unchanged(self) -> None:
        if _state_from(self._source, await self._file.stat()) != self.state:
            raise SourceChanged(f"{shown(self._source)} changed while it was read")

    async def _opened(self) -> Any:
        if self._file is None:
            client = await _client(self._source, self._place)
            self._file = await self._open(client)
            await self._check_unchanged()
        return self._file

    async def _open(self, client: Any) -> Any:
        # A server may state a file under another spelling than the one that it opens.
        for path in _paths(self._place.path):
            with suppress(SftpMissing), translated(self._source):
                return await client.open(path, "rb")
        raise missing(self._source)

    def _call(self, request: Coroutine[Any, Any, T]) -> T:
        return loop.run(self._guarded(request))

    async def _guarded(self, request: Coroutine[Any, Any, T]) -> T:
        try:
            return await _in_time(self._source, self._place, request)
        except Transient:
            self._file = None
            raise


async def _in_time(source: str, place: SftpPlace, request: Awaitable[T]) -> T:
    try:
        with translated(source):
            async with asyncio.timeout(ANSWER_SECONDS):
                return await request
    except HostAway:
        raise
    except Transient:
        disconnect(place.host)
        raise


async def _client(source: str, place: SftpPlace) -> Any:
    with translated_connect(source, place.host):
        return await client_of(place.host)


def _found(source: str, rules: SourceRules, pause: Pause) -> tuple[SftpPlace, SourceState]:
    """Return the file and its state, under the spelling of the path that exists."""
    place = place_of(source, rules)
    _check_library()

    async def request() -> tuple[SftpPlace, SourceState]:
        client = await _client(source, place)
        for path in _paths(place.path):
            with suppress(SftpMissing), translated(source):
                return place._replace(path=path), _state_from(source, await client.stat(path))
        raise missing(source)

    with connection_of(place.host.settings):
        return _persistently(lambda: loop.run(_in_time(source, place, request())), pause)


def _persistently(attempt: Callable[[], T], pause: Pause) -> T:
    try:
        return retried(attempt, pause)
    except HostAway as failure:
        raise failure.error from None


def _paths(path: str) -> list[str]:
    """Return the path as written, with other spellings of its letters, and percent-decoded."""
    relative = path.removeprefix("~/")
    return list(dict.fromkeys((*spellings(relative), *spellings(unquote(relative)))))


def _state_from(source: str, attributes: Any) -> SourceState:
    mode = attributes.permissions
    if mode is not None and stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        what = "a folder, not a file" if stat.S_ISDIR(mode) else "not a regular file"
        raise unreadable(source, f"it is {what}")
    if attributes.size is None:
        raise unreadable(source, "the server does not state its size")
    time = "" if attributes.mtime is None else f"{attributes.mtime}"
    nanoseconds = f".{attributes.mtime_ns}" if attributes.mtime_ns else ""
    # Without a time, a change that keeps the size would not be noticed.
    identity = f"{attributes.size}:{time}{nanoseconds}" if time else ""
    return SourceState(identity, attributes.size)


def _check_library() -> None:
    if find_spec("asyncssh") is None:
        raise UsageError(
            "sources of the form sftp:// need asyncssh, which is not installed",
            hint="run: pip install 'ld-import[assets,sftp]'",
        )
