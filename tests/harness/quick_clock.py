"""An accelerated clock that shows the same time in all processes of this machine."""

from __future__ import annotations

from datetime import datetime, timedelta

from ld_import.clock import SystemClock
from tests.clock import START

HURRY = 200


class QuickClock:
    """Accelerated real time; two clocks with the same `began` show the same time."""

    def __init__(self, began: float | None = None) -> None:
        self._real = SystemClock()
        self.began = self._real.monotonic() if began is None else began

    def monotonic(self) -> float:
        return (self._real.monotonic() - self.began) * HURRY

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def timestamp(self) -> float:
        return self.now().timestamp()

    def skip(self, seconds: float) -> None:
        """Advance this clock, and those that are created from its `began` afterwards."""
        self.began -= seconds / HURRY

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds / HURRY)
