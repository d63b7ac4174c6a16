"""Time as an argument: the real clock here, a fake one in the tests, nobody asks elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Protocol


class Clock(Protocol):
    """What the program may know of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds; 0 lets other tasks run."""
        ...

    async def checkpoint(self) -> None:
        """Let other tasks run. Raises Interrupted when the run is to stop."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some moment before the program started."""
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        # Loaded long since where somebody sleeps; a dry run never does.
        import asyncio

        await asyncio.sleep(seconds)

    async def checkpoint(self) -> None:
        """Let other tasks run."""
        await self.sleep(0)
