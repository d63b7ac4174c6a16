"""How old a batch is: by the monotonic clock within a run, by the wall clock across runs.

A wall clock may be wrong, or be set while a run works. So no duration is negative, and no single
reading of it decides that a job is given up.
"""

from __future__ import annotations

from datetime import timedelta

from ld_import.clock import Clock
from ld_import.model import OpenBatch

# A job that is still not finished after this time is given up.
ABANDONED_AFTER = timedelta(days=7)


def age_of(batch: OpenBatch, clock: Clock) -> timedelta:
    """Return how long ago a batch was recorded; zero for a batch dated in the future."""
    if batch.began is not None:
        return timedelta(seconds=clock.monotonic() - batch.began)
    return max(clock.now() - batch.created_at, timedelta())


def is_abandoned(batch: OpenBatch, clock: Clock) -> bool:
    """Return whether the job of a batch has taken so long that it is given up.

    For a batch of an earlier run two runs must agree: this one and the one before it. A batch dated
    in the future is taken to be as old as the earliest run after it.
    """
    if batch.began is not None:
        return age_of(batch, clock) >= ABANDONED_AFTER
    if batch.later_runs is None:
        return False
    earliest, last = batch.later_runs
    now = clock.now()
    created_at = earliest if batch.created_at > now else batch.created_at
    return min(now, last) - created_at >= ABANDONED_AFTER
