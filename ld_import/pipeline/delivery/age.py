"""The age of a batch, by the monotonic clock within a run and by the wall clock across runs.

A wall clock may be wrong, or be set during a run. Therefore no duration is negative, and a single
reading of the clock never abandons a job.
"""

from __future__ import annotations

from datetime import timedelta

from ld_import.clock import Clock
from ld_import.model import OpenBatch

# A job that is not finished after this time is abandoned.
ABANDONED_AFTER = timedelta(days=7)


def age_of(batch: OpenBatch, clock: Clock) -> timedelta:
    """Return the time since a batch was recorded; zero for a batch dated in the future."""
    if batch.began is not None:
        return timedelta(seconds=clock.monotonic() - batch.began)
    return max(clock.now() - batch.created_at, timedelta())


def is_abandoned(batch: OpenBatch, clock: Clock) -> bool:
    """Return whether the job of a batch is abandoned because it takes too long.

    For a batch of an earlier run, two runs must agree: this one and the previous one. A batch dated
    in the future counts as old as the earliest run after it.
    """
    if batch.began is not None:
        return age_of(batch, clock) >= ABANDONED_AFTER
    if batch.later_runs is None:
        return False
    earliest, last = batch.later_runs
    now = clock.now()
    created_at = earliest if batch.created_at > now else batch.created_at
    return min(now, last) - created_at >= ABANDONED_AFTER
