"""The allowance of 24 hours: how much still fits, and when more does.

The server counts over a rolling day, although its message says "per day"; an own daily limit is
counted the same way from the ledger. The server tells its limit only when it refuses a request:
from then on it is kept like an own one, so that a day costs one refused request.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ld_import.clock import Clock
from ld_import.errors import QuotaReached
from ld_import.ledger.base import Ledger

WINDOW = timedelta(hours=24)
# The server counts from when a request arrives, the ledger from when it is made: a minute spare.
SERVER_WINDOW = WINDOW + timedelta(minutes=1)
# Others may use the same allowance, so that the ledger cannot tell when it returns.
BLIND_WAIT_SECONDS = 3600.0
SHORTEST_WAIT_SECONDS = 60.0


class Quota:
    """What may still be sent to a target in these 24 hours."""

    def __init__(self, ledger: Ledger, clock: Clock, *, daily_limit: int | None) -> None:
        """Count by the ledger; `daily_limit` None sets no own limit."""
        self._ledger = ledger
        self._clock = clock
        self._daily_limit = daily_limit
        self._server_limit: int | None = None
        # What the server counts beside what the ledger does: uploads of others.
        self._foreign = 0

    def learn(self, refusal: QuotaReached) -> None:
        """Take in the figures of a refusal, where it has any."""
        if refusal.limit is not None and refusal.used is not None:
            self._server_limit = refusal.limit
            self._foreign = refusal.used - self._sent(SERVER_WINDOW)

    def forget_others(self) -> None:
        """Assume after a wait that what others uploaded no longer counts."""
        self._foreign = 0

    def room(self) -> int | None:
        """Return how many items still fit as far as is known, `None` for any number."""
        rooms = [room for _, room in self._rooms()]
        return min(rooms) if rooms else None

    def fits(self, count: int) -> bool:
        """Tell whether so many items may be sent now, as far as is known."""
        room = self.room()
        return room is None or count <= room

    def reached(self) -> QuotaReached:
        """Return the error that says which limit is used up, or nearly."""
        limit, room = min(self._rooms(), key=lambda one: one[1])
        if limit == self._server_limit:
            sentence = f"the server's allowance of {limit:,} in 24 hours is used up"
        else:
            sentence = f"the own limit of {limit:,} items in 24 hours (--daily-limit) is reached"
        return QuotaReached(sentence, limit=limit, used=limit - room)

    def wait_seconds(self) -> float:
        """Return after how long the oldest request of the last 24 hours no longer counts.

        Never more than the window, whatever the clocks say.
        """
        returns_at = self.returns_at()
        if returns_at is None:
            return BLIND_WAIT_SECONDS
        seconds = (returns_at - self._clock.now()).total_seconds()
        return max(seconds, SHORTEST_WAIT_SECONDS)

    def returns_at(self) -> datetime | None:
        """Return when the first part of the allowance returns, `None` where nobody can tell."""
        window = WINDOW if self._server_limit is None and self._daily_limit else SERVER_WINDOW
        now = self._clock.now()
        oldest = self._ledger.oldest_sent(now - window, now)
        if oldest is None:
            return None
        return min(oldest + timedelta(seconds=1), now) + window

    def _rooms(self) -> list[tuple[int, int]]:
        rooms = []
        if self._server_limit is not None:
            left = self._server_limit - self._sent(SERVER_WINDOW) - self._foreign
            rooms.append((self._server_limit, max(0, left)))
        if self._daily_limit is not None:
            rooms.append((self._daily_limit, max(0, self._daily_limit - self._sent(WINDOW))))
        return rooms

    def _sent(self, window: timedelta) -> int:
        now = self._clock.now()
        return self._ledger.count_sent(now - window, now)
