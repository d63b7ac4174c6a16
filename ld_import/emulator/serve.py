"""Serves the emulator on a socket, in the event loop (`serve`) or in a thread (`serving`)."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.types import Receive, Scope, Send

from ld_import.emulator.faults import ConnectionDropped, ConnectionRefused

if TYPE_CHECKING:
    from ld_import.emulator.emulator import Emulator

# The real server closes idle connections after this time.
KEEP_ALIVE_SECONDS = 5
SHUTDOWN_SECONDS = 1


class _Server(uvicorn.Server):
    """A uvicorn server without signal handlers that reports readiness and can abort connections."""

    def __init__(self, emulator: Emulator, ready: Callable[[], None]) -> None:
        self._emulator = emulator
        self._ready = ready
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            # The emulator sends a `Date` of its own clock.
            date_header=False,
            # `_hang_up` finds a connection by the address of its peer, not by a forwarded one.
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then call `ready`."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._emulator.app(scope, receive, send)
        except (ConnectionDropped, ConnectionRefused):
            self._hang_up(scope["client"])
            # uvicorn answers 500 for an application that returns without a response.
            while (await receive())["type"] != "http.disconnect":
                pass

    def _hang_up(self, client: Any) -> None:
        for connection in self.server_state.connections:
            transport = getattr(connection, "transport", None)
            if transport is not None and getattr(connection, "client", None) == client:
                transport.abort()


async def serve(emulator: Emulator, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until cancelled; port 0 selects a free port. Calls `ready` once with the port.

    Raises OSError for an unusable address. Cancellation first closes the connections and stops the
    emulator's background task; the emulator itself stays open.
    """
    with socket.create_server((host, port), family=_family(host)) as listener:
        # Accepted sockets inherit it. asyncio sets it only where the protocol number is not 0, and
        # without it the body of an answer waits 40 ms for the delayed ACK of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound_port: int = listener.getsockname()[1]
        server = _Server(emulator, lambda: ready(bound_port))
        # Shielded, because a cancelled uvicorn leaves its connections and lifespan open.
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            server.should_exit = True
            await task
            raise


@contextmanager
def serving(emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread for the duration of the block, and yield the base URL."""
    started: Future[str] = Future()
    stop: Future[Callable[[], None]] = Future()
    thread = threading.Thread(
        target=_run_in_thread, args=(emulator, host, port, started, stop), daemon=True
    )
    thread.start()
    try:
        yield started.result()
    finally:
        stop.result()()
        thread.join()


def _run_in_thread(
    emulator: Emulator,
    host: str,
    port: int,
    started: Future[str],
    stop: Future[Callable[[], None]],
) -> None:
    url_host = f"[{host}]" if ":" in host else host

    def ready(bound_port: int) -> None:
        started.set_result(f"http://{url_host}:{bound_port}")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(serve(emulator, host, port, ready))
        stop.set_result(lambda: _call_if_open(loop, task.cancel))
        await asyncio.wait({task})
        if not started.done():
            started.set_exception(task.exception() or RuntimeError("the server did not start"))

    asyncio.run(run())


def _call_if_open(loop: asyncio.AbstractEventLoop, action: Callable[[], Any]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
