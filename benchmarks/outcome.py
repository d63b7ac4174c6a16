"""Result of a work: its series, the aims with their figures, and the contestants not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.contest import Series

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Aim:
    """A measured figure and its upper bound."""

    name: str
    figure: float
    most: float
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is within its bound."""
        return self.figure <= self.most


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The result of one work. `base` names the series that the others are compared with."""

    name: str
    title: str
    series: Sequence[Series] = ()
    base: str | None = None
    aims: list[Aim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    table: str = ""


def ratio(name: str, series: Series, base: Series, most: float) -> Aim:
    """Limit the median time of a series to a multiple of that of `base`."""
    return Aim(name, series.seconds / base.seconds, most, "x")


def memory(series: Series, most_megabytes: float) -> Aim:
    """Limit the peak memory of a series to a number of megabytes."""
    return Aim(f"peak memory of {series.name}", series.peak_bytes / MEGABYTE, most_megabytes, "MB")
