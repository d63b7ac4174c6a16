"""Counts attempts; an unavailable server gets more of them, with growing waits."""

from __future__ import annotations

from dataclasses import dataclass

from ld_import.errors import AnswerLost

# The first wait without a Retry-After header; each further wait is twice as long.
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 30.0
MOST_ATTEMPTS = 8
TOTAL_SECONDS = 600.0


@dataclass(slots=True)
class Attempts:
    """Counts requests without a usable answer; those to an unavailable server are counted apart.

    `most` limits the others. `ends_at` is the monotonic time after which an unavailable server gets
    no further request.
    """

    most: int
    ends_at: float
    done: int = 0
    busy: int = 0

    @property
    def is_last(self) -> bool:
        """Whether the next request is the last one, unless the server is unavailable."""
        return self.done == self.most - 1

    def is_over(self, now: float, *, is_busy: bool) -> bool:
        """Count a request; return whether it was the last one."""
        if is_busy:
            self.busy += 1
            return self.busy >= MOST_ATTEMPTS or now >= self.ends_at
        self.done += 1
        return self.done == self.most


def wait_seconds(error: AnswerLost, attempt: int) -> float:
    """Return the wait after request number `attempt`: Retry-After if given, else a growing one."""
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds
    if not error.is_busy:
        return 0.0
    # The limit is reached long before the tenth wait; a larger exponent could overflow.
    growing = FIRST_WAIT_SECONDS * 2.0 ** min(attempt - 1, 10)
    return min(growing, LONGEST_WAIT_SECONDS)
