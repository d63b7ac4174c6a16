"""Alternating runs of the contestants of one work, summarized by their medians."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.sample import ROOT, Sample, measured

STDERR_LIMIT = 2000


class RunFailed(Exception):
    """A contestant failed, or did not complete the work it was measured for."""


def _nothing() -> None:
    pass


def _any(sample: Sample) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A command with its preparation before each run (`before`) and its verification (`check`).

    Neither is part of the measured time. `check` raises RunFailed.
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
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def cpu_seconds(self) -> float:
        """The median CPU time."""
        return statistics.median(sample.cpu_seconds for sample in self.samples)

    @property
    def instructions(self) -> float | None:
        """The median number of instructions, None where they are not counted."""
        counts = [sample.instructions for sample in self.samples if sample.instructions is not None]
        return statistics.median(counts) if counts else None

    @property
    def peak_bytes(self) -> float:
        """The median peak memory."""
        return statistics.median(sample.peak_bytes for sample in self.samples)

    @property
    def spread(self) -> float:
        """The difference between slowest and fastest run, as a share of the median."""
        times = [sample.seconds for sample in self.samples]
        return (max(times) - min(times)) / self.seconds


def alternate(
    contestants: Sequence[Contestant], repeat: int, env: Mapping[str, str]
) -> dict[str, Series]:
    """Run all contestants in turn, `repeat` times, rotating the first. Raises RunFailed."""
    series = {
        contestant.name: Series(contestant.name, contestant.items) for contestant in contestants
    }
    for turn in range(repeat):
        first = turn % len(contestants)
        for contestant in (*contestants[first:], *contestants[:first]):
            series[contestant.name].samples.append(run_once(contestant, env))
    return series


def run_once(contestant: Contestant, env: Mapping[str, str]) -> Sample:
    """Run a contestant once and check that it did its work. Raises RunFailed."""
    contestant.before()
    sample = measured(contestant.command, env=env, cwd=contestant.cwd)
    if sample.exit_code:
        raise RunFailed(
            f"{contestant.name}: exit code {sample.exit_code}\n{sample.stderr[-STDERR_LIMIT:]}"
        )
    contestant.check(sample)
    progress(
        f"  {contestant.name}: {sample.seconds:.2f} s, {sample.cpu_seconds:.2f} s of CPU,"
        f" {sample.peak_bytes / 1e6:.0f} MB"
    )
    return sample


def progress(line: str) -> None:
    """Print a line of progress to standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
