"""Compares the counts of a run with those of the previous run of the same manifest and target."""

from __future__ import annotations

from dataclasses import dataclass

from ld_import.report.facts import RunFacts

# Counts of the summary, each with whether a larger number is worse.
COUNTS = (
    ("read", False),
    ("success", False),
    ("skipped", False),
    ("failed", True),
    ("open", True),
    ("invalid", True),
    ("unchanged", False),
    ("failedBefore", True),
    ("repeated", False),
    ("notSent", True),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A count of both runs."""

    name: str
    now: int
    before: int
    is_worse_if_more: bool

    @property
    def difference(self) -> int:
        """The difference between the runs."""
        return self.now - self.before

    @property
    def is_worse(self) -> bool:
        """Whether the count rose and should not."""
        return self.is_worse_if_more and self.difference > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The previous run, and the counts that either run has; empty if one of the ends is unknown."""

    before: RunFacts
    changes: tuple[Change, ...]


def compare(now: RunFacts, before: RunFacts) -> Comparison:
    """Return the comparison of two runs."""
    if not now.summary or not before.summary:
        return Comparison(before, ())
    changes = (
        Change(name, now.count(name), before.count(name), is_worse_if_more)
        for name, is_worse_if_more in COUNTS
    )
    return Comparison(before, tuple(one for one in changes if one.now or one.before))
