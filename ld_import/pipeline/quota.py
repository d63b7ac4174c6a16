"""The allowance of 24 hours: how much still fits, and when more does.

The server counts over a rolling day, although its message says "per day"; an own daily limit is
counted the same way from the ledger.
"""

from __future__ import annotations

from datetime import timedelta

from ld_import.clock import Clock
from ld_import.errors import QuotaReached
from ld_import.ledger.base import Ledger

WINDOW = timedelta(hours=24)
# Others may use the same allowance, so that the ledger cannot tell when it returns.
BLIND_WAIT_SECONDS = 3600.0
SHORTEST_WAIT_SECONDS = 60.0


class Allowance:
    """What may still be sent to a target in these 24 hours."""

    def __init__(self, ledger: Ledger, clock: Clock, *, daily_limit: int | None) -> None:
        """Count by the ledger; `daily_limit` None sets no own limit."""
        self._ledger = ledger
        self._clock = clock
        self._daily_limit = daily_limit

    def room(self) -> int | None:
        """Return how many items the own limit still lets through, `None` for any number."""
        if self._daily_limit is None:
            return None
        used = self._ledger.sent_since(self._clock.now() - WINDOW)
        return max(0, self._daily_limit - used)

    def own_limit_reached(self) -> QuotaReached:
        """Return the error that says that the own limit is used up."""
        limit = self._daily_limit or 0
        return QuotaReached(
            f"the own limit of {limit:,} items in 24 hours (--daily-limit) is reached",
            limit=limit,
            used=limit,
        )

    def wait_seconds(self) -> float:
        """Return after how long the oldest request of the last 24 hours no longer counts."""
        oldest = self._ledger.oldest_sent_since(self._clock.now() - WINDOW)
        if oldest is None:
            return BLIND_WAIT_SECONDS
        seconds = (oldest + WINDOW - self._clock.now()).total_seconds()
        return max(seconds + 1, SHORTEST_WAIT_SECONDS)
