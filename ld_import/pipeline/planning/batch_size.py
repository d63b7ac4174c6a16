"""The number of items in a batch, learned from the jobs of the server.

A job takes a fixed time, plus a time for each item; both are estimated from jobs that ended. The
size is such that a job takes `TARGET_SECONDS`. If its fixed time were more than `FIXED_SHARE` of
the rest, jobs may take up to `LONGEST_SECONDS`. The size doubles at most; a failed job halves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ld_import.model import LearnedTimes

FIRST_SIZE = 100
LARGEST_SIZE = 1000
# Fewer items are sent only if so many take longer than `LONGEST_SECONDS`, or fail as a whole.
SMALL_SIZE = 10
TARGET_SECONDS = 10.0
# Below a minute, because times vary.
LONGEST_SECONDS = 40.0
FIXED_SHARE = 0.03
# While all jobs have one size, the fixed time is unknown: double those that take at most so long.
EXPLORED_SECONDS = LONGEST_SECONDS / 2
# A change must be worth a line in the log.
LEAST_CHANGE = 0.2
# After a failed job this many must succeed before larger ones are sent, and four times as many each
# time that one of the first `PROOF` larger ones fails.
PATIENCE = 5
MOST_PATIENCE = 320
PROOF = 3
# The share of its weight that an earlier job loses with each later one.
FORGOTTEN = 0.08
# The time of a job is known to be between two others. The fourth power of their ratio, and at least
# of this, is its weight.
LEAST_EXACT = 0.5
# Below this relative variance of the sizes, the share of the fixed time stays as it is, unless the
# size of a job differs more: from small differences, chance would decide.
SMALL_VARIANCE = 0.004
NEAR_VARIANCE = 0.15
SLOWER = 1.25

OnChange = Callable[[int, str], None]


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class JobTimes:
    """A line through the times of jobs by their numbers of items; later jobs weigh more.

    Times vary in proportion to themselves. Therefore the line is that of the time per item by the
    inverse of the number of items: its slope is the fixed time, its height at 0 that of an item.
    """

    _weight: float = 0.0
    _inverse: float = 0.0
    _each: float = 0.0
    _variance: float = 0.0
    _covariance: float = 0.0

    def add(self, items: float, seconds: float, weight: float = 1.0) -> None:
        """Add a job; the weight of one whose time is not exact is below 1."""
        self._weight = self._weight * (1 - FORGOTTEN) + weight
        share = weight / self._weight
        inverse_off, each_off = 1 / items - self._inverse, seconds / items - self._each
        before = self._each
        self._inverse += share * inverse_off
        self._each += share * each_off
        square = self._inverse**2
        is_near = inverse_off**2 < NEAR_VARIANCE * square
        if is_near and 0 < self._variance < SMALL_VARIANCE * square:
            # Jobs of nearly one size show nothing new about the share of the fixed time.
            self._covariance *= self._each / before if before else 1.0
            return
        self._variance = (1 - share) * (self._variance + share * inverse_off**2)
        self._covariance = (1 - share) * (self._covariance + share * inverse_off * each_off)

    @property
    def is_empty(self) -> bool:
        """Whether no job was measured."""
        return not self._weight

    @property
    def is_line(self) -> bool:
        """Whether jobs of different sizes were measured."""
        return self._variance > 0

    @property
    def fixed_seconds(self) -> float:
        """The time of a job without the time of its items; 0 while it is unknown."""
        if not self.is_line:
            return 0.0
        most = self._each / self._inverse
        return min(max(self._covariance / self._variance, 0.0), most)

    @property
    def item_seconds(self) -> float:
        """The time that each item adds to a job, in seconds."""
        return max(self._each - self.fixed_seconds * self._inverse, 0.0)

    def seconds_of(self, items: float) -> float:
        """Return the expected time of a job with this many items."""
        return self.fixed_seconds + self.item_seconds * items

    def best_size(self) -> float:
        """Return the number of items by the rule of this module, without limits."""
        fixed, each = self.fixed_seconds, self.item_seconds
        if not self.is_line and each <= EXPLORED_SECONDS * self._inverse:
            return 2 / self._inverse
        if not each:
            return LARGEST_SIZE
        longest = LONGEST_SECONDS if fixed < LONGEST_SECONDS else 2 * fixed
        most = math.floor((longest - fixed) / each)
        worthwhile = max(fixed / (FIXED_SHARE * each), SMALL_SIZE)
        quick = (TARGET_SECONDS - fixed) / each
        if not self.is_line:
            # Jobs of nearly the same size would show nothing about the fixed time.
            quick = min(quick, 0.5 / self._inverse)
        return max(quick, min(worthwhile, most))


# As above.
@dataclass(slots=True, eq=False, repr=False)
class BatchSize:
    """The number of items in a batch, which never changes; also the base of one that does."""

    size: int
    first: int = field(init=False)

    def __post_init__(self) -> None:
        """Keep the size that the run begins with."""
        self.first = self.size

    @property
    def mode(self) -> str:
        """The mode of the size: `fixed` or `auto`."""
        return "fixed"

    @property
    def times(self) -> JobTimes | None:
        """The times of jobs, `None` while they are unknown, and for a size that never changes."""
        return None

    def seconds_of(self, items: int) -> float | None:
        """Return the expected time of a job with this many items, `None` if it is unknown."""
        times = self.times
        return None if times is None else times.seconds_of(items)

    def note_job(self, items: int, least_seconds: float, most_seconds: float) -> None:
        """Learn from a job that ended between these times after the begin of its request.

        `least_seconds` is 0 if the job was found ended at the first status request.
        """

    def note_shortened(self, items: int) -> None:
        """Note that a batch has this many items because few remain."""

    def note_failure(self, items: int) -> None:
        """Learn that a job of this many items failed as a whole; not called for parts of it."""

    def learned(self) -> LearnedTimes | None:
        """Return what the next run begins with, `None` if nothing is to be kept."""
        return None


# As above.
@dataclass(slots=True, eq=False, repr=False)
class LearnedSize(BatchSize):
    """The number of items in a batch, learned; `on_change` is called with a size and the reason."""

    size: int = FIRST_SIZE
    on_change: OnChange = lambda size, why: None
    _times: JobTimes = field(default_factory=JobTimes)
    # Larger jobs failed.
    _most: int = LARGEST_SIZE
    _patience: int = PATIENCE
    _success_count: int = 0
    _is_raised: bool = False
    _shortened: set[int] = field(default_factory=set)

    @property
    def mode(self) -> str:
        """The mode of the size."""
        return "auto"

    @property
    def times(self) -> JobTimes | None:
        """The times of jobs, `None` while the time of an item is unknown."""
        return self._times if self._times.is_line and self._times.item_seconds else None

    @classmethod
    def of(cls, kept: LearnedTimes | None, on_change: OnChange) -> LearnedSize:
        """Return the size of a new run, from what an earlier one left."""
        size = cls(_within(kept.size) if kept else FIRST_SIZE, on_change)
        if kept is None:
            return size
        fixed, each = kept.fixed_seconds, kept.item_seconds
        if fixed is not None and each is not None:
            for items in (size.size / 2, size.size):
                size._times.add(items, max(fixed, 0) + items * max(each, 0))
        if kept.most is not None:
            size._most = _within(kept.most)
            # An earlier run has tried.
            size._patience = 16 * PATIENCE
        return size

    def note_job(self, items: int, least_seconds: float, most_seconds: float) -> None:
        """Learn from a job that ended between these times after the begin of its request."""
        times = self._times
        if 2 * items >= self.size:
            self._note_success()
        seconds = (least_seconds + most_seconds) / 2 if least_seconds else most_seconds
        # A job that had ended before the first status request may have been much shorter.
        is_early = not least_seconds and not times.is_empty
        # Nor does a small job show how long a larger one takes, while the fixed time is unknown.
        is_small = 2 * items < self.size and not times.is_line
        # Some short jobs at the end of each run would let chance decide about the fixed time. They
        # show only that the server has become slower.
        is_last = items in self._shortened and seconds < SLOWER * times.seconds_of(items)
        if not (is_small or is_last) and not (is_early and seconds > times.seconds_of(items)):
            weight = max(least_seconds / most_seconds, LEAST_EXACT) ** 4 if most_seconds else 1.0
            times.add(items, seconds, weight)
        if times.is_empty:
            return
        size = min(_within(times.best_size()), self._most, max(self.size, 2 * items))
        is_too_long = times.seconds_of(self.size) > LONGEST_SECONDS
        if abs(size - self.size) >= LEAST_CHANGE * self.size or (is_too_long and size < self.size):
            why = f"a job of {items:,} took {seconds:.1f} s"
            self._change(size, why)

    def note_shortened(self, items: int) -> None:
        """Note that a batch has this many items because few remain."""
        self._shortened.add(items)

    def note_failure(self, items: int) -> None:
        """Learn that a job of this many items failed as a whole; not called for parts of it."""
        half = max(items // 2, 1)
        if half >= self._most:
            return
        if self._is_raised:
            self._patience = min(4 * self._patience, MOST_PATIENCE)
        self._most, self._success_count, self._is_raised = half, 0, False
        if half < self.size:
            self._change(half, f"a job of {items:,} failed as a whole")

    def learned(self) -> LearnedTimes | None:
        """Return what the next run begins with, `None` if nothing was learned."""
        times = self._times
        if times.is_empty and self._most == LARGEST_SIZE:
            return None
        return LearnedTimes(
            self.size,
            times.fixed_seconds if times.is_line else None,
            times.item_seconds if times.is_line else None,
            self._most if self._most < LARGEST_SIZE else None,
        )

    def _note_success(self) -> None:
        self._success_count += 1
        if self._is_raised and self._success_count >= PROOF:
            self._is_raised, self._patience = False, PATIENCE
        if self._success_count >= self._patience and self._most < LARGEST_SIZE:
            self._most = min(2 * self._most, LARGEST_SIZE)
            self._success_count, self._is_raised = 0, True

    def _change(self, size: int, why: str) -> None:
        self.size = size
        self.on_change(size, why)


def _within(size: float) -> int:
    return int(min(max(size, 1), LARGEST_SIZE))
