"""A clock for tests: sleeping takes no real time, and sleepers wake in the order of their times."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
# The number of turns other tasks get before the earliest sleeper wakes: more than any chain of
# tasks here needs between two waits.
TURNS = 40


class FakeClock:
    """Wakes the earliest sleeper after the other tasks had their turns; `slept` lists all waits."""

    def __init__(self, start=START):
        """Start at this time."""
        self.start = start
        self.elapsed = 0.0
        self.slept = []
        self._ahead = timedelta()
        self._sleepers = []
        self._order = count()

    def now(self):
        """Return the present time of the test."""
        return self.start + timedelta(seconds=self.elapsed) + self._ahead

    def monotonic(self):
        """Return the seconds since the start of the test."""
        return self.elapsed

    def timestamp(self):
        """Return the present time as Unix time, by the clock of the server, which never jumps."""
        return self.start.timestamp() + self.elapsed

    def advance(self, seconds):
        """Let time pass."""
        self.elapsed += seconds

    def jump(self, seconds):
        """Set this machine's wall clock forward or back; `monotonic` is not affected."""
        self._ahead += timedelta(seconds=seconds)

    async def checkpoint(self):
        """Let other tasks run."""
        await self.sleep(0)

    async def sleep(self, seconds):
        """Return after this number of seconds of the test's time."""
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
