"""Contestants of one work take turns, several times; the medians are what counts."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.sample import ROOT, Sample, measured

SHOWN_COMPLAINT = 2000


class RunWentWrong(Exception):
    """A contestant did not do the work it was measured for."""


def _nothing() -> None:
    pass


def _any(sample: Sample) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A command, what has to be made ready before each run, and what proves that it did the work.

    `before` and `check` are not part of the time; `check` raises RunWentWrong.
    """

    name: str
    command: Sequence[str]
    items: int
    before: Callable[[], None] = _nothing
    check: Callable[[Sample], None] = _any
    cwd: Path = ROOT


@dataclass(slots=True)
class Series:
    """All runs of one contestant."""

    name: str
    items: int
    samples: list[Sample] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median time."""
        return statistics.median(one.seconds for one in self.samples)

    @property
    def cpu_seconds(self) -> float:
        """The median of the time spent computing."""
        return statistics.median(one.cpu_seconds for one in self.samples)

    @property
    def peak_bytes(self) -> float:
        """The median of the peaks of memory."""
        return statistics.median(one.peak_bytes for one in self.samples)

    @property
    def spread(self) -> float:
        """How far the slowest run is above the fastest, as a share of the median."""
        times = [one.seconds for one in self.samples]
        return (max(times) - min(times)) / self.seconds


def alternate(
    contestants: Sequence[Contestant], repeat: int, env: Mapping[str, str]
) -> dict[str, Series]:
    """Let all run in turn, `repeat` times, each time another one first. Raises RunWentWrong."""
    series = {one.name: Series(one.name, one.items) for one in contestants}
    for turn in range(repeat):
        first = turn % len(contestants)
        for one in (*contestants[first:], *contestants[:first]):
            series[one.name].samples.append(run_once(one, env))
    return series


def run_once(one: Contestant, env: Mapping[str, str]) -> Sample:
    """Run one contestant once and see that it did its work. Raises RunWentWrong."""
    one.before()
    sample = measured(one.command, env=env, cwd=one.cwd)
    if sample.exit_code:
        raise RunWentWrong(
            f"{one.name}: exit code {sample.exit_code}\n{sample.complaint[-SHOWN_COMPLAINT:]}"
        )
    one.check(sample)
    progress(f"  {one.name}: {sample.seconds:.2f} s, {sample.peak_bytes / 1e6:.0f} MB")
    return sample


def progress(line: str) -> None:
    """Say on standard error how far the measuring is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
