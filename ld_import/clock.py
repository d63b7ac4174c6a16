"""Time as an argument: the only access to the real clock; tests pass a fake one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Protocol

# Blocks the calling thread for a number of seconds.
Pause = Callable[[float], None]


class Clock(Protocol):
    """The source of time for the whole program."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; the value never decreases."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after this number of seconds; 0 lets other tasks run."""
        ...

    async def checkpoint(self) -> None:
        """Let other tasks run. Raises Interrupted when the run is to stop."""
        ...


def pause(seconds: float) -> None:
    """Block this thread for a number of seconds; for code without an event loop."""
    sleep(seconds)


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since a time before the program started; they never decrease."""
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after this number of seconds."""
        # Already loaded in programs that sleep; a dry run does not need it.
        import asyncio

        await asyncio.sleep(seconds)

    async def checkpoint(self) -> None:
        """Let other tasks run."""
        await self.sleep(0)
