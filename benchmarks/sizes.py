"""Sizes of the works: full, or quick ones that only show whether something is broken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of records, and of runs per contestant.

    `heavy_repeat` is for works of minutes, `start_repeat` for works of milliseconds. `scale` is
    ordered from small to large.
    """

    rerun: int
    plan: int
    imports: int
    yaml: tuple[int, int]
    csv: int
    jobs: int
    job_seconds: float
    scale: tuple[int, int, int]
    repeat: int
    heavy_repeat: int
    start_repeat: int


FULL = Sizes(
    rerun=1_000_000,
    plan=1_000_000,
    imports=100_000,
    yaml=(10_000, 100_000),
    csv=100_000,
    jobs=200,
    job_seconds=2.0,
    scale=(10_000, 100_000, 1_000_000),
    repeat=5,
    heavy_repeat=3,
    start_repeat=15,
)
QUICK = Sizes(
    rerun=10_000,
    plan=10_000,
    imports=2_000,
    yaml=(300, 3_000),
    csv=10_000,
    jobs=40,
    job_seconds=0.5,
    scale=(100, 1_000, 10_000),
    repeat=3,
    heavy_repeat=2,
    start_repeat=3,
)
