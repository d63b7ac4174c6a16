"""A clock on which minutes pass in moments, the same in all processes of this machine."""

from __future__ import annotations

from datetime import datetime, timedelta

from ld_import.clock import SystemClock
from tests.clock import START

HURRY = 200


class QuickClock:
    """Real time, faster; two clocks with the same `began` show the same moment."""

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
        """Let time pass for everybody who takes `began` from here on."""
        self.began -= seconds / HURRY

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds / HURRY)
