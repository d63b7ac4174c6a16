"""Files of web hosts: state, ranges, and streams that continue after a lost connection."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing

import httpx

from ld_import.assets.base import FileProblem, SourceChanged, SourceRules, SourceState
from ld_import.assets.sources.buffered import RangesIgnored
from ld_import.assets.sources.location import shown, unreadable
from ld_import.assets.sources.pace import paced
from ld_import.assets.sources.retry import LostConnections, Transient, retried
from ld_import.assets.sources.web_answers import (
    NOT_SATISFIABLE,
    OK,
    PARTIAL,
    compression_of,
    differ,
    identity_of,
    size_of,
    start_of,
    validator_of,
)
from ld_import.assets.sources.web_failures import problem_of_status
from ld_import.assets.sources.web_requests import Requests, check_url, outages
from ld_import.clock import Pause, SystemClock

# A host may permit GET alone: a signed URL is valid for one method.
HEAD_REFUSED = (400, 403, 404, 405, 406, 500, 501)


def state_of_url(url: str, rules: SourceRules, pause: Pause) -> SourceState:
    """Return the state of a file, by HEAD, or by a GET of one byte if HEAD is refused."""
    check_url(url, rules)
    requests = Requests(url, rules)
    return outages.retried(requests.origin, lambda: _state(requests), pause)


def open_url(url: str, rules: SourceRules, pause: Pause) -> WebSource:
    """Return a source for a URL; its state is requested at once."""
    return WebSource(url, rules, state_of_url(url, rules, pause), pause)


class WebSource:
    """A file of a web host."""

    def __init__(self, url: str, rules: SourceRules, state: SourceState, pause: Pause) -> None:
        """Read a file that is expected in this state."""
        self.state = state
        self._url = url
        self._requests = Requests(url, rules)
        self._pause = pause
        self._validator = ""

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start` on. Raises RangesIgnored if the host sends whole files."""
        size = self.state.size
        if length <= 0 or (size is not None and start >= size):
            return b""
        return retried(lambda: self._read(start, length), self._pause)

    def stream(self) -> Iterator[bytes]:
        """Yield all bytes; a lost connection continues at the byte it reached."""
        position = 0
        lost = LostConnections(self._pause)
        while True:
            try:
                # Closed at once, so that its connection is free for others.
                with closing(self._pieces(position)) as pieces:
                    for piece in pieces:
                        position += len(piece)
                        self._check_not_more(position)
                        lost.note_bytes(len(piece))
                        yield piece
                self._check_complete(position)
            except Transient as failure:
                lost.wait_after(failure)
            else:
                return

    def close(self) -> None:
        """Do nothing: connections are shared, and each request returns its own."""

    def _read(self, start: int, length: int) -> bytes:
        headers = {"Range": f"bytes={start}-{start + length - 1}", **self._if_range()}
        with self._requests.answer("GET", headers) as answer:
            if answer.status_code == NOT_SATISFIABLE:
                return b""
            self._check(answer)
            if answer.status_code != PARTIAL:
                raise RangesIgnored
            self._check_start(answer, start)
            return self._limited(answer, start, length)

    def _limited(self, answer: httpx.Response, start: int, length: int) -> bytes:
        if self.state.size is not None:
            length = min(length, self.state.size - start)
        content = bytearray()
        for piece in self._raw(answer):
            content += piece
            # The end of an answer of the right length is read, so that its connection is kept.
            if len(content) > length:
                break
        if self.state.size is not None and len(content) < length:
            raise Transient(str(self._too_few(start + len(content))))
        return bytes(content[:length])

    def _pieces(self, position: int) -> Generator[bytes]:
        if position and position == self.state.size:
            return
        headers = {"Range": f"bytes={position}-", **self._if_range()} if position else {}
        with self._requests.answer("GET", headers) as answer:
            if position and answer.status_code == NOT_SATISFIABLE:
                raise self._ended(answer, position)
            self._check(answer)
            skipped = self._skipped(answer, position)
            for piece in self._raw(answer):
                if skipped >= len(piece):
                    skipped -= len(piece)
                    continue
                yield piece[skipped:]
                skipped = 0

    def _raw(self, answer: httpx.Response) -> Iterator[bytes]:
        return paced(answer.iter_raw(), self._url, SystemClock().monotonic)

    def _ended(self, answer: httpx.Response, position: int) -> FileProblem:
        """Return the problem of a file that has no bytes at a position which it should have."""
        if size_of(answer) == position:
            return self._too_few(position)
        return SourceChanged(f"{shown(self._url)} changed while it was read")

    def _skipped(self, answer: httpx.Response, position: int) -> int:
        """Return the number of bytes that arrive a second time."""
        if answer.status_code == PARTIAL:
            self._check_start(answer, position)
            return 0
        if position and not self._validator:
            raise unreadable(
                self._url,
                "the connection was lost, and the host cannot continue a file from the middle",
            )
        return position

    def _check(self, answer: httpx.Response) -> None:
        """Raise unless this is the file, in the state in which it was opened."""
        if answer.status_code not in (OK, PARTIAL):
            raise problem_of_status(self._url, answer)
        if encoding := compression_of(answer):
            raise unreadable(self._url, f"the host sends it compressed ({encoding})")
        validator = validator_of(answer)
        if differ(self.state.identity, identity_of(answer)) or differ(self._validator, validator):
            raise SourceChanged(f"{shown(self._url)} changed while it was read")
        self._validator = validator
        size = size_of(answer)
        if size is not None and self.state.size is not None and size != self.state.size:
            raise unreadable(
                self._url,
                f"the host states {self.state.size:,} bytes, and sends a file of {size:,}",
            )

    def _check_start(self, answer: httpx.Response, start: int) -> None:
        if start_of(answer) != start:
            raise unreadable(self._url, "the host sends another part of the file than requested")

    def _check_not_more(self, byte_count: int) -> None:
        size = self.state.size
        if size is not None and byte_count > size:
            raise unreadable(self._url, f"the host states {size:,} bytes, and sends more")

    def _check_complete(self, byte_count: int) -> None:
        if self.state.size is not None and byte_count < self.state.size:
            raise Transient(str(self._too_few(byte_count)))

    def _too_few(self, byte_count: int) -> FileProblem:
        return unreadable(
            self._url, f"the host states {self.state.size:,} bytes, and sends {byte_count:,}"
        )

    def _if_range(self) -> Mapping[str, str]:
        return {"If-Range": self._validator} if self._validator else {}


def _state(requests: Requests) -> SourceState:
    head = _head(requests)
    # Hosts that generate answers to HEAD state no size, or 0.
    if head is not None and head.size:
        return head
    first = _first_byte(requests)
    if not first.identity and head is not None:
        return first._replace(identity=head.identity)
    return first


def _head(requests: Requests) -> SourceState | None:
    with requests.answer("HEAD", {}) as answer:
        if answer.status_code in HEAD_REFUSED:
            return None
        if answer.status_code != OK:
            raise problem_of_status(requests.url, answer)
        return SourceState(identity_of(answer), size_of(answer))


def _first_byte(requests: Requests) -> SourceState:
    with requests.answer("GET", {"Range": "bytes=0-0"}) as answer:
        if answer.status_code == NOT_SATISFIABLE and size_of(answer) == 0:
            return SourceState(identity_of(answer), 0)
        if answer.status_code not in (OK, PARTIAL):
            raise problem_of_status(requests.url, answer)
        return SourceState(identity_of(answer), size_of(answer))
