"""Serves the receiver on a socket, in the event loop of the run."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ld_import.receiver.app import OnNotice, Receiver

# Limits the file descriptors that clients can take from the run.
MOST_CONNECTIONS = 64
# For a whole request and its answer. uvicorn has no timeout for headers.
CONNECTION_SECONDS = 10.0


@asynccontextmanager
async def listening(
    listener: socket.socket,
    secret: str,
    on_notice: OnNotice,
    *,
    connection_seconds: float = CONNECTION_SECONDS,
) -> AsyncIterator[None]:
    """Pass notifications received on this bound socket to `on_notice` while the block runs.

    At the end of the block, the socket and all connections are closed immediately, also after an
    exception. Installs no signal handlers and logs nothing.
    """
    config = _config_of(Receiver(secret, on_notice))
    state = _State(connection_seconds)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(config, state, {}), sock=listener, backlog=MOST_CONNECTIONS
    )
    try:
        yield
    finally:
        loop.remove_reader(listener)
        state.connection_limit = 0
        # NOTE: Python 3.11 leaves a connection open that was accepted in the same iteration of the
        # event loop as `server.close()`.
        iterated = asyncio.Event()
        loop.call_soon(iterated.set)
        await iterated.wait()
        server.close()
        for connection in tuple(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)


class _State(ServerState):
    """State shared by the connections, extended by their maximum number and duration."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.connection_limit = MOST_CONNECTIONS
        self.seconds = seconds


class _Connection(H11Protocol):
    """A uvicorn connection with a deadline, aborted at once when there are too many."""

    server_state: _State
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        is_over_limit = len(self.connections) >= self.server_state.connection_limit
        super().connection_made(transport)
        if is_over_limit:
            transport.abort()
        else:
            self._deadline = self.loop.call_later(self.server_state.seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)


def _config_of(receiver: Receiver) -> uvicorn.Config:
    config = uvicorn.Config(
        receiver,
        interface="asgi3",
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
    )
    config.load()
    return config
