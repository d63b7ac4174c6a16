"""Sockets for all tests, with a new emulator behind them for each test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from starlette.applications import Starlette

from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving

TICK_SECONDS = 0.1


class SharedServer:
    """An ASGI application that passes every request to the emulator of the current test.

    Starting a server takes much longer than creating an emulator, and an emulator that all tests
    share grows: reading its entries would take longer from test to test.
    """

    def __init__(self, settings: Settings) -> None:
        """Begin with an emulator of these settings."""
        self.emulator = Emulator(settings)
        self._retired: list[Emulator] = []
        self._open: Counter[Emulator] = Counter()
        self._ticking: asyncio.Task[None] | None = None
        self._background = Starlette(lifespan=self._lifespan)

    def renew(self, settings: Settings, **options: Any) -> Emulator:
        """Return a new emulator, which answers every request that arrives from now on."""
        # In this order: the server's thread closes what is retired, at any moment.
        old, self.emulator = self.emulator, Emulator(settings, **options)
        self._retired.append(old)
        return self.emulator

    async def app(self, scope, receive, send):
        """Answer one request, or run the background work."""
        if scope["type"] != "http":
            await self._background(scope, receive, send)
            return
        emulator = self.emulator
        self._open[emulator] += 1
        try:
            await emulator.app(scope, receive, send)
        finally:
            self._open[emulator] -= 1

    def close(self) -> None:
        """Close all emulators of a stopped server; raise the error of its background work."""
        if self._ticking is not None and not self._ticking.cancelled():
            self._ticking.result()
        for emulator in (*self._retired, self.emulator):
            emulator.close()

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._ticking = asyncio.create_task(self._tick())
        yield
        self._ticking.cancel()
        await asyncio.wait({self._ticking})

    async def _tick(self) -> None:
        """Do the emulators' background work, and close those that no request needs any more."""
        while True:
            self._close_retired()
            await self.emulator.tick()
            await asyncio.sleep(TICK_SECONDS)  # noqa: TID251 (the server runs in real time)

    def _close_retired(self) -> None:
        # In the server's thread and between two ticks: nothing else uses a retired emulator.
        for emulator in [retired for retired in self._retired if not self._open[retired]]:
            emulator.close()
            self._retired.remove(emulator)
            del self._open[emulator]


class Servers:
    """Running servers that tests borrow: a start and a stop take 0.2 s."""

    def __init__(self) -> None:
        """Start none yet."""
        self._free: list[tuple[str, SharedServer]] = []
        self._stack = ExitStack()

    @contextmanager
    def lent(self, settings: Settings, **options: Any) -> Iterator[tuple[str, Emulator]]:
        """Yield the URL of a server that no other test uses, and its new emulator."""
        url, server = self._free.pop() if self._free else self._started(settings)
        try:
            yield url, server.renew(settings, **options)
        finally:
            self._free.append((url, server))

    def _started(self, settings: Settings) -> tuple[str, SharedServer]:
        server = SharedServer(settings)
        self._stack.callback(server.close)
        return self._stack.enter_context(serving(server)), server  # type: ignore[arg-type]

    def close(self) -> None:
        """Stop all servers; raise the error of their background work."""
        self._stack.close()
