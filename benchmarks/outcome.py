"""What a work found: the series, the aims with their figures, and what could not be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.contest import Series

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure and the most it may be."""

    name: str
    figure: float
    most: float
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Tell whether the figure is within its bound."""
        return self.figure <= self.most


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The result of one work; `base` names the series that the others are compared with."""

    letter: str
    title: str
    series: Sequence[Series] = ()
    base: str | None = None
    aims: list[Aim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    table: str = ""


def ratio(name: str, one: Series, other: Series, most: float) -> Aim:
    """Hold the median time of one series to a multiple of the other's."""
    return Aim(name, one.seconds / other.seconds, most, "x")


def memory(one: Series, most_megabytes: float) -> Aim:
    """Hold the peak memory of a series to a number of megabytes."""
    return Aim(f"peak memory of {one.name}", one.peak_bytes / MEGABYTE, most_megabytes, "MB")
