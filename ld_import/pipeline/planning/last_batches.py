"""Shortens the last batches of a run, so that the jobs in all slots end at about the same time.

Otherwise one job would run at the end while all other slots are idle. Only learned sizes are
shortened: a slot gets its share of the time that the jobs in flight and the remaining items take.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ld_import.pipeline.planning.batch_size import BatchSize, JobTimes
from ld_import.pipeline.tally import Tally

# A slot that has time for more jobs than this gets one of the usual size.
MOST_JOBS = 2
# A batch is not shortened below the larger of this time and the fixed time of a job.
LEAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class JobInFlight:
    """A job that began at `began`, by the monotonic clock."""

    item_count: int
    began: float


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class LastBatches:
    """The largest number of items in the next batch, from what is in flight and what remains.

    It shortens batches by `slot_count` whole ones at most, so that a run has no more additional
    jobs than that, however wrong the estimates are. No more than `most_items` are sent.
    """

    size: BatchSize
    tally: Tally
    slot_count: int
    most_items: int | None = None
    _in_flight: set[JobInFlight] = field(default_factory=set)
    _begun_count: int = 0
    # The share of the records to be sent, in the chunk decided about last.
    _last_share: float = 0.0
    # In batches of the usual size.
    _shortened: float = 0.0
    _next_shortened: float = 0.0

    def note_chunk(self, read: int, send_count: int) -> None:
        """Note how many records of a chunk are to be sent."""
        self._last_share = send_count / read if read else 0.0

    def begin(self, item_count: int, now: float) -> JobInFlight:
        """Note that a batch is sent; return the argument of `end`."""
        job = JobInFlight(item_count, now)
        self._in_flight.add(job)
        self._begun_count += item_count
        if self._next_shortened:
            self.size.note_shortened(item_count)
        self._shortened += self._next_shortened
        self._next_shortened = 0.0
        return job

    def end(self, job: JobInFlight) -> None:
        """Note that the result of a batch is known."""
        self._in_flight.discard(job)

    def left(self) -> int | None:
        """Return how many more items will probably be sent, `None` if this is unknown.

        If the share of the records to be sent varies, it is taken to be large: a batch is rather
        too long than too short.
        """
        tally = self.tally
        decided = sum(tally.to_send.values())
        unread = tally.unread_estimate
        if unread is None and tally.share:
            # All bytes are in a buffer, which holds few records.
            unread = 0
        if unread is None:
            return None
        coming = unread * max(self._last_share, decided / tally.read if tally.read else 0.0)
        if self.most_items is not None:
            coming = min(coming, max(self.most_items - decided, 0))
        return max(decided + round(coming) - self._begun_count, 0)

    def is_next(self) -> bool:
        """Return whether the next batch may have to be shortened, whatever is in flight."""
        times, size = self.size.times, self.size.size
        is_allowed = self.slot_count > 1 and self._shortened < self.slot_count
        if times is None or not is_allowed or times.seconds_of(size) <= LEAST_SECONDS:
            return False
        left = self.left()
        return left is not None and 0 < left <= MOST_JOBS * self.slot_count * size

    def next_size(self, now: float) -> int:
        """Return the largest number of items in a batch that is sent now, in a free slot."""
        size = self._even_size(now)
        self._next_shortened = 1 - size / self.size.size
        return size

    def _even_size(self, now: float) -> int:
        times, usual, left = self.size.times, self.size.size, self.left()
        if times is None or not left:
            return usual
        seconds = self._seconds_left(times, left, now)
        job_count = max(math.ceil(seconds / times.seconds_of(usual)), 1)
        if job_count > MOST_JOBS:
            return usual
        fixed, each = times.fixed_seconds, times.item_seconds
        even = (seconds / job_count - fixed) / each
        least = max(LEAST_SECONDS, fixed) / each
        size = math.ceil(max(even, least))
        is_last = len(self._in_flight) + 1 >= self.slot_count
        # A few more items take no longer than another job that begins when all others end.
        return min(left if is_last and left - size < least else size, usual)

    def _seconds_left(self, times: JobTimes, left: int, now: float) -> float:
        """Return the time until all jobs end if they end together."""
        running = [times.seconds_of(job.item_count) - (now - job.began) for job in self._in_flight]
        free_count = self.slot_count - len(running)
        job_count = max(left / self.size.size, min(free_count, left))
        rest = times.item_seconds * left + times.fixed_seconds * job_count
        return (sum(max(seconds, 0.0) for seconds in running) + rest) / self.slot_count
