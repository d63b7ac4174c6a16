"""A proxy before an S3 server that flips a byte in the bodies of chosen PUT requests.

    proxy.flip(first=2)            # the second PUT from now on
    proxy.flip(times=None)         # every PUT from now on
    proxy.lose_answer()            # the server stores the next PUT, but its client gets no answer

All other bytes are forwarded unchanged, the Host header too, which is part of the signature:
clients use the proxy's URL as their endpoint. It counts the requests that pass, and calls
`on_step` before it forwards a head, each half of a body, and an answer.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import BinaryIO
from urllib.parse import urlsplit

from tests.harness.shared import LOOPBACK

BLOCK_BYTES = 1 << 16
LARGEST_LINE = 1 << 16


class Harm(Enum):
    """Ways to harm a PUT."""

    FLIP = "flip"
    LOSE_ANSWER = "lose answer"


@dataclass(frozen=True, slots=True)
class _Plan:
    harm: Harm
    skip: int
    times: int | None


class FlippingProxy:
    """The running proxy. `requests` are (method, target) pairs; `harmed` are those it harmed."""

    def __init__(self, endpoint: str) -> None:
        """Listen on a free port of loopback, before the server at `endpoint`."""
        parts = urlsplit(endpoint)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self.requests: list[tuple[str, str]] = []
        self.harmed: list[tuple[str, str]] = []
        self.on_step: Callable[[], None] = _do_nothing
        self._plan: _Plan | None = None
        self._lock = threading.Lock()
        self._listener = socket.create_server((LOOPBACK, 0), backlog=128)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def flip(self, *, first: int = 1, times: int | None = 1) -> None:
        """Flip a byte in the `first` PUT with a body from now on, and in the following ones."""
        self._plan = _Plan(Harm.FLIP, first - 1, times)

    def lose_answer(self, *, first: int = 1, times: int | None = 1) -> None:
        """Close the connection to the client after the server has answered the PUT."""
        self._plan = _Plan(Harm.LOSE_ANSWER, first - 1, times)

    def count(self, method: str | None = None) -> int:
        """Return the number of requests that passed, of one method where it is given."""
        with self._lock:
            return sum(method in (None, one) for one, _target in self.requests)

    def close(self) -> None:
        """Stop, also in the middle of requests."""
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = {client, server}
            self._open |= pair
            is_silent = threading.Event()
            answers = threading.Thread(
                target=self._copy_answers, args=(server, client, is_silent), daemon=True
            )
            answers.start()
            with client.makefile("rb") as requests:
                while self._forward(requests, server, is_silent):
                    pass
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            answers.join()
            self._open -= pair

    def _copy_answers(
        self, server: socket.socket, client: socket.socket, is_silent: threading.Event
    ) -> None:
        with suppress(OSError):
            while (block := server.recv(BLOCK_BYTES)) and not is_silent.is_set():
                self.on_step()
                client.sendall(block)
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _forward(
        self, requests: BinaryIO, server: socket.socket, is_silent: threading.Event
    ) -> bool:
        """Forward one request; return whether another one may follow."""
        line = requests.readline(LARGEST_LINE)
        if not line:
            return False
        method, target, _version = line.decode("latin-1").split(" ", 2)
        head, length = [line], 0
        while (header := requests.readline(LARGEST_LINE)) not in (b"\r\n", b""):
            head.append(header)
            name, _colon, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        harm = self._count(method, target, length)
        if harm is Harm.LOSE_ANSWER:
            is_silent.set()
        self.on_step()
        server.sendall(b"".join(head) + b"\r\n")
        middle = length // 2
        for start, end in ((0, middle), (middle, length)):
            if end > start:
                self.on_step()
            # The first byte of the second half.
            _copy_body(requests, server, end - start, harm is Harm.FLIP and start == middle)
        return True

    def _count(self, method: str, target: str, length: int) -> Harm | None:
        with self._lock:
            self.requests.append((method, target))
            plan = self._plan
            if plan is None or method != "PUT" or not length:
                return None
            if plan.skip:
                self._plan = replace(plan, skip=plan.skip - 1)
                return None
            if plan.times is not None:
                self._plan = replace(plan, times=plan.times - 1) if plan.times > 1 else None
            self.harmed.append((method, target))
            return plan.harm


def _copy_body(requests: BinaryIO, server: socket.socket, length: int, is_flipped: bool) -> None:
    while length:
        block = bytearray(requests.read(min(BLOCK_BYTES, length)))
        if not block:
            raise ConnectionError("the client left")
        if is_flipped:
            block[0] ^= 1
            is_flipped = False
        server.sendall(block)
        length -= len(block)


def _do_nothing() -> None:
    """Do nothing."""


@contextmanager
def flipping_proxy(endpoint: str) -> Iterator[FlippingProxy]:
    """Yield a running proxy that does no harm yet."""
    proxy = FlippingProxy(endpoint)
    try:
        yield proxy
    finally:
        proxy.close()
