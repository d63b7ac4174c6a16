"""The circuit breaker: a server that fails job after job is left alone until the next run."""

from __future__ import annotations

from ld_import.errors import ServerUnavailable

# So many jobs lost or failed as a whole one after the other, and none that worked between, are the
# server's failure; unless all are parts of one batch, whose items may be to blame.
MOST_FAILURES = 8
LEAST_BATCHES = 2
HINT = (
    "look at the server's import jobs, then run the same command again; it continues. If it is the"
    " items, a smaller --batch-size finds out which"
)


class Breaker:
    """Counts the jobs of one run that failed in a row."""

    def __init__(self) -> None:
        """Begin with trust."""
        self._failures = 0
        self._batches = 0

    def note_success(self) -> None:
        """A job told what became of its items: the server works."""
        self._failures = self._batches = 0

    def failure(self, reason: str, *, attempt: int) -> ServerUnavailable | None:
        """Count a job that came to nothing; return the error that ends the run if it is enough.

        A further `attempt` at the same items is not another batch.
        """
        self._failures += 1
        self._batches += attempt == 1
        if self._failures < MOST_FAILURES or self._batches < LEAST_BATCHES:
            return None
        return broken(reason)


def broken(reason: str) -> ServerUnavailable:
    """Return the error that says that job after job came to nothing, and the last one why."""
    return ServerUnavailable(
        f"one import job after the other came to nothing; the last one: {reason}",
        is_declined=False,
        hint=HINT,
    )
