"""The quota of a rolling 24 hours: how many items remain, and when more become available.

The server counts over a rolling day, although its message says "per day". The user's daily limit is
counted the same way, from the ledger. The server reports its limit only when it refuses a request;
from then on the limit is respected in advance, so that each day costs one refused request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import itemgetter

from ld_import.clock import Clock
from ld_import.errors import QuotaReached
from ld_import.ledger.base import Ledger

WINDOW = timedelta(hours=24)
# The server counts from the arrival of a request, the ledger from its creation: a minute of margin.
SERVER_WINDOW = WINDOW + timedelta(minutes=1)
# Other clients may use the same quota: then the ledger does not show when it is renewed.
BLIND_WAIT_SECONDS = 3600.0
SHORTEST_WAIT_SECONDS = 60.0


class Quota:
    """Number of items that may still be sent to a target in the current 24 hours."""

    def __init__(self, ledger: Ledger, clock: Clock, *, daily_limit: int | None) -> None:
        """Count by the ledger; `daily_limit` is `None` if the user set no limit."""
        self._ledger = ledger
        self._clock = clock
        self._daily_limit = daily_limit
        self._server_limit: int | None = None
        # Items that the server counts in addition to the ledger: uploads of other clients.
        self._foreign = 0

    def learn(self, refusal: QuotaReached) -> None:
        """Store the numbers of a refusal, if it contains any."""
        if refusal.limit is not None and refusal.used is not None:
            self._server_limit = refusal.limit
            self._foreign = refusal.used - self._sent(SERVER_WINDOW)

    def forget_others(self) -> None:
        """Assume, after a wait, that uploads of other clients no longer count."""
        self._foreign = 0

    def remaining(self) -> int | None:
        """Return how many more items fit according to the known limits, `None` if unlimited."""
        counts = [remaining for _, remaining in self._remaining_by_limit()]
        return min(counts) if counts else None

    def fits(self, count: int) -> bool:
        """Return whether `count` items may be sent now, according to the known limits."""
        remaining = self.remaining()
        return remaining is None or count <= remaining

    def reached(self) -> QuotaReached:
        """Return the error that names the limit with the fewest remaining items."""
        limit, remaining = min(self._remaining_by_limit(), key=itemgetter(1))
        if limit == self._server_limit:
            sentence = f"the server's allowance of {limit:,} in 24 hours is used up"
        else:
            sentence = f"your daily limit of {limit:,} items in 24 hours (--daily-limit) is reached"
        return QuotaReached(sentence, limit=limit, used=limit - remaining)

    def wait_seconds(self) -> float:
        """Return the seconds until the oldest request of the last 24 hours no longer counts.

        Never more than the window, even if the clocks are wrong.
        """
        returns_at = self.returns_at()
        if returns_at is None:
            return BLIND_WAIT_SECONDS
        seconds = (returns_at - self._clock.now()).total_seconds()
        return max(seconds, SHORTEST_WAIT_SECONDS)

    def returns_at(self) -> datetime | None:
        """Return when the first part of the quota is renewed, `None` if that is unknown."""
        window = WINDOW if self._server_limit is None and self._daily_limit else SERVER_WINDOW
        now = self._clock.now()
        oldest = self._ledger.oldest_sent(now - window, now)
        if oldest is None:
            return None
        return min(oldest + timedelta(seconds=1), now) + window

    def _remaining_by_limit(self) -> list[tuple[int, int]]:
        """Return each known limit with the number of items that remain below it."""
        remaining = []
        if self._server_limit is not None:
            left = self._server_limit - self._sent(SERVER_WINDOW) - self._foreign
            remaining.append((self._server_limit, max(0, left)))
        if self._daily_limit is not None:
            remaining.append((self._daily_limit, max(0, self._daily_limit - self._sent(WINDOW))))
        return remaining

    def _sent(self, window: timedelta) -> int:
        now = self._clock.now()
        return self._ledger.count_sent(now - window, now)
