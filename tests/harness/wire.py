"""The layer below HTTP: bytes in pieces, each a step, and a server in memory.

`Piecemeal` wraps any network, a real one or the one in memory, and announces each step before
it is made, so that a test can end the program between any two pieces of bytes.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import h11
import httpcore
import httpx

Sent = h11.Request | h11.Data | h11.EndOfMessage


class WireTransport(httpx.AsyncHTTPTransport):
    """The transport of httpx, with its real connections, over a given network."""

    def __init__(self, network: httpcore.AsyncNetworkBackend) -> None:
        # NOTE: httpx has no argument for the network; its pool is all it keeps. An empty context
        # saves loading all certificate authorities in each run.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), network_backend=network
        )


class Piecemeal(httpcore.AsyncNetworkBackend):
    """A network that sends and receives bytes in pieces, and calls `step` before each piece."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, step: Callable[[], None]) -> None:
        self._inner = inner
        self._step = step

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._step()
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _PiecemealStream(stream, self._step)


class _PiecemealStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream, step: Callable[[], None]) -> None:
        self._inner = inner
        self._step = step
        self._unread: list[bytes] = []

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        middle = len(buffer) // 2
        for piece in filter(None, (buffer[:middle], buffer[middle:])):
            self._step()
            await self._inner.write(piece, timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._step()
        if not self._unread:
            data = await self._inner.read(max_bytes, timeout)
            middle = len(data) // 2
            # The last byte comes alone, so that every answer can break off within its body.
            pieces = (data[:middle], data[middle:-1], data[-1:])
            self._unread = [piece for piece in pieces if piece] or [b""]
        return self._unread.pop(0)

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Wire(httpcore.AsyncNetworkBackend):
    """A network in memory whose other end parses HTTP/1.1 and passes requests to `server`.

    A request takes effect as a whole when its last byte has arrived, whatever happens to
    the sender, and never of a part of it. `turn` lets the other tasks run.
    """

    def __init__(
        self, server: httpx.AsyncBaseTransport, turn: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self._server = server
        self._turn = turn

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        await self._turn()
        return _WireStream(self._server, self._turn)


class _WireStream(httpcore.AsyncNetworkStream):
    def __init__(
        self, server: httpx.AsyncBaseTransport, turn: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self._server = server
        self._turn = turn
        self._protocol = h11.Connection(h11.SERVER)
        self._request: list[Sent] = []
        self._answer = b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._protocol.receive_data(buffer)
        while isinstance(event := self._protocol.next_event(), Sent):
            self._request.append(event)
            if isinstance(event, h11.EndOfMessage):
                self._take_effect()
        await self._turn()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await self._turn()
        data, self._answer = self._answer[:max_bytes], self._answer[max_bytes:]
        return data

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return None

    async def aclose(self) -> None:
        self._answer = b""

    def _take_effect(self) -> None:
        request, self._request = _request_from(self._request), []
        try:
            response = _at_once(self._server.handle_async_request(request))
        except httpx.TransportError:
            # No answer: the next read finds the connection closed.
            return
        body = _at_once(response.aread())
        headers = response.headers.raw
        for part in (
            h11.Response(status_code=response.status_code, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self._answer += self._protocol.send(part) or b""
        self._protocol.start_next_cycle()


def _request_from(events: list[Sent]) -> httpx.Request:
    head, *rest = events
    assert isinstance(head, h11.Request)
    host = dict(head.headers)[b"host"].decode()
    return httpx.Request(
        head.method.decode(),
        f"https://{host}{head.target.decode()}",
        headers=list(head.headers),
        content=b"".join(event.data for event in rest if isinstance(event, h11.Data)),
    )


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits to its end, so that no crash can interrupt it."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    raise RuntimeError("a server on this wire must not wait: script it no `slow` fault")
