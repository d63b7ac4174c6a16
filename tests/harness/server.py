"""One socket for all tests, with a new emulator behind it for each test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from ld_import.emulator import Emulator, Settings

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

    def renew(self, settings: Settings) -> Emulator:
        """Return a new emulator, which answers every request that arrives from now on."""
        # In this order: the server's thread closes what is retired, at any moment.
        old, self.emulator = self.emulator, Emulator(settings)
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
