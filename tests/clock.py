"""A clock for tests: sleeping takes no real time, and sleepers wake in the order of their times."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple
from weakref import WeakSet

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
# The number of turns other tasks get at most before the earliest sleeper wakes: more than any
# chain of tasks here needs between two waits. Only a task that waits by giving turns uses them up.
TURNS = 40


class FakeClock:
    """Wakes the earliest sleeper once no other task is ready; `slept` lists all waits."""

    def __init__(self, start=START):
        """Start at this time."""
        self.start = start
        self.elapsed = 0.0
        self.slept = []
        self._ahead = timedelta()
        self._sleepers = []
        self._order = count()
        self._watched: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

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
        loop = asyncio.get_running_loop()
        mine = _Sleeper(self.elapsed + seconds, next(self._order), loop.create_future())
        heapq.heappush(self._sleepers, mine)
        if loop not in self._watched:
            self._watched.add(loop)
            loop.call_soon(self._watch, loop, 0)
        try:
            await mine.woken
            self.elapsed = max(self.elapsed, mine.time)
        finally:
            self._sleepers.remove(mine)
            heapq.heapify(self._sleepers)

    def _watch(self, loop, turns):
        """Wake the earliest sleeper if no task of its loop is ready; run again in the next turn."""
        if not any(sleeper.woken.get_loop() is loop for sleeper in self._sleepers):
            self._watched.discard(loop)
            return
        earliest = self._sleepers[0].woken
        is_idle = not loop._ready or turns >= TURNS
        if is_idle and earliest.get_loop() is loop and not earliest.done():
            earliest.set_result(None)
        loop.call_soon(self._watch, loop, 0 if is_idle else turns + 1)


class _Sleeper(NamedTuple):
    """A task that sleeps until `time`; sleepers of the same time wake in their order."""

    time: float
    order: int
    woken: asyncio.Future[None]
