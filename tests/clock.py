"""A clock that tests own: sleeping takes no time, but time passes, in the order of the sleepers."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
# How often everybody else may run before the earliest sleeper is woken: more than any chain of
# tasks here needs between two waits.
TURNS = 40


class FakeClock:
    """Wakes the earliest sleeper once all others had their turn; `slept` keeps what was asked."""

    def __init__(self, start=START):
        """Begin at a moment."""
        self.start = start
        self.elapsed = 0.0
        self.slept = []
        self._ahead = timedelta()
        self._sleepers = []
        self._order = count()

    def now(self):
        """Return the present moment of the story."""
        return self.start + timedelta(seconds=self.elapsed) + self._ahead

    def monotonic(self):
        """Return the seconds of the story."""
        return self.elapsed

    def timestamp(self):
        """Return the present moment as Unix time, by the server's clock, which is never set."""
        return self.start.timestamp() + self.elapsed

    def advance(self, seconds):
        """Let time pass for everybody."""
        self.elapsed += seconds

    def jump(self, seconds):
        """Set this machine's wall clock forward or back; `monotonic` is not affected."""
        self._ahead += timedelta(seconds=seconds)

    async def checkpoint(self):
        """Let other tasks run."""
        await self.sleep(0)

    async def sleep(self, seconds):
        """Return when the story has come so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self.slept.append(seconds)
        mine = (self.elapsed + seconds, next(self._order))
        heapq.heappush(self._sleepers, mine)
        try:
            turns = 0
            while turns < TURNS:
                await asyncio.sleep(0)
                turns = turns + 1 if self._sleepers[0] == mine else 0
            self.elapsed = max(self.elapsed, mine[0])
        finally:
            self._sleepers.remove(mine)
            heapq.heapify(self._sleepers)
