"""The receiver behind a real socket, beside a run and in its event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ld_import.receiver.app import OnNotice, Receiver

# Whoever opens more at a time must not use up the files that the run itself needs.
MOST_CONNECTIONS = 64
# For a whole request and its answer: uvicorn would wait for slow headers for ever.
CONNECTION_SECONDS = 10.0


@asynccontextmanager
async def listening(
    listener: socket.socket,
    secret: str,
    on_notice: OnNotice,
    *,
    connection_seconds: float = CONNECTION_SECONDS,
) -> AsyncIterator[None]:
    """Hand notifications that come by this bound socket to `on_notice` while the block runs.

    However the block ends, the socket and every connection are closed then, without waiting for
    anybody. Signals are left to the program, and nothing is logged.
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
        state.room = 0
        # NOTE: a connection accepted in this very turn would be left open by a server that is
        # closed before the next one (Python 3.11).
        turned = asyncio.Event()
        loop.call_soon(turned.set)
        await turned.wait()
        server.close()
        for connection in tuple(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)


class _State(ServerState):
    """What uvicorn's connections share: here also how many and how long they may be."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.room = MOST_CONNECTIONS
        self.seconds = seconds


class _Connection(H11Protocol):
    """A connection as uvicorn serves it, but one of a few, and with a deadline."""

    server_state: _State
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        is_crowded = len(self.connections) >= self.server_state.room
        super().connection_made(transport)
        if is_crowded:
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
