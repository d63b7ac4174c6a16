"""Request rate: spaces requests evenly. Unused slots are not saved up."""

from __future__ import annotations

from ld_import.clock import Clock


class RateLimiter:
    """Delays requests so that at most `max_rate` per second begin; `None` means no limit."""

    def __init__(self, clock: Clock, max_rate: float | None) -> None:
        """Create a limiter whose first slot is free."""
        self._clock = clock
        self._pause_seconds = 1 / max_rate if max_rate else 0.0
        self._next_slot = 0.0

    async def wait(self) -> None:
        """Reserve the next slot and sleep until it begins."""
        if not self._pause_seconds:
            return
        now = self._clock.monotonic()
        slot = max(now, self._next_slot)
        self._next_slot = slot + self._pause_seconds
        if slot > now:
            await self._clock.sleep(slot - now)
