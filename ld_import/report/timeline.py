"""The outcomes of a run over time, in a bounded number of intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# So many seconds times the number of intervals may exceed a day, so that names need a date.
LONG_SECONDS = 1800
OUTCOMES = ("success", "skipped", "failed")
MOST_INTERVALS = 48
# Lengths of an interval that people read easily, in seconds.
LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Interval:
    """The outcomes that were recorded in an interval."""

    start: datetime
    seconds: int
    counts: Mapping[str, int]

    @property
    def name(self) -> str:
        """The start of the interval; seconds and dates appear where intervals need them."""
        pattern = "%H:%M:%S" if self.seconds < 60 else "%H:%M"
        return f"{self.start:{pattern if self.seconds < LONG_SECONDS else '%d %b %H:%M'}}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Intervals in order, without gaps; `late` counts outcomes recorded after the run had ended."""

    intervals: tuple[Interval, ...] = ()
    late: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)


def timeline_of(batches: Iterable[Mapping[str, Any]], start: int, end: int | None) -> Timeline:
    """Return the timeline of settled batches with `at` (since 1970), success, skipped and failed.

    `end` is None for a run whose end is not recorded. A batch that a later run settled is late.
    """
    rows = [(row["at"], [row[name] or 0 for name in OUTCOMES]) for row in batches]
    within = [(max(at, start), counts) for at, counts in rows if end is None or at <= end]
    late = sum(sum(counts) for at, counts in rows if end is not None and at > end)
    if not any(sum(counts) for _, counts in within):
        return Timeline((), late)
    last = max(at for at, _ in within) if end is None else end
    length = _length(last - start + 1)
    first = start - start % length
    sums = [[0] * len(OUTCOMES) for _ in range((last - first) // length + 1)]
    for at, counts in within:
        for place, count in enumerate(counts):
            sums[(at - first) // length][place] += count
    intervals = tuple(
        Interval(
            datetime.fromtimestamp(first + number * length, UTC),
            length,
            dict(zip(OUTCOMES, counts, strict=True)),
        )
        for number, counts in enumerate(sums)
    )
    totals = {name: sum(one.counts[name] for one in intervals) for name in OUTCOMES}
    return Timeline(intervals, late, totals)


def _length(seconds: int) -> int:
    fitting = (length for length in LENGTHS if seconds <= length * (MOST_INTERVALS - 1))
    return next(fitting, -(-seconds // (MOST_INTERVALS - 1)))
