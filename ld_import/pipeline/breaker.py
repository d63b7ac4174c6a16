"""The circuit breaker: ends the run when the server fails one job after another."""

from __future__ import annotations

from ld_import.errors import ServerUnavailable

# This many consecutive jobs without results are attributed to the server, unless all are parts of
# one batch: then its items may be the cause.
MOST_FAILURES = 8
LEAST_BATCHES = 2
HINT = (
    "check the import jobs on the server, then run the same command again; it continues. If items"
    " cause the failures, a smaller --batch-size shows which ones"
)


class Breaker:
    """Counts the consecutive failed jobs of one run."""

    def __init__(self) -> None:
        """Start without any failure."""
        self._failures = 0
        self._batches = 0

    def note_success(self) -> None:
        """Reset the count after a job that reported the results of its items."""
        self._failures = self._batches = 0

    def failure(self, reason: str, *, attempt: int) -> ServerUnavailable | None:
        """Count a failed job; return the error that ends the run once there are too many.

        A further `attempt` for the same items does not count as another batch.
        """
        self._failures += 1
        self._batches += attempt == 1
        if self._failures < MOST_FAILURES or self._batches < LEAST_BATCHES:
            return None
        return broken(reason)


def broken(reason: str) -> ServerUnavailable:
    """Return the error about consecutive failed jobs; `reason` is that of the last one."""
    return ServerUnavailable(
        f"several import jobs failed in a row; the last failure: {reason}",
        is_declined=False,
        hint=HINT,
    )
