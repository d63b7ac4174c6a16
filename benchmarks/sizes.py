"""Sizes of the works: full, or quick ones that only show whether something is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of records, and of runs per contestant.

    `heavy_repeat` is for works of minutes, `start_repeat` for works of milliseconds. `scale` is
    ordered from small to large. `learned` are two numbers of items for each job that the server
    runs at a time: those from which the size of batches is learned, and those that are measured.
    `files` are those of each kind of `uploads`, `nights` those of a rerun, and `dry_files` the
    records with files of a dry run.
    """

    rerun: int
    plan: int
    imports: int
    yaml: tuple[int, int]
    csv: int
    jobs: int
    job_seconds: float
    item_seconds: float
    learned: tuple[int, int]
    scale: tuple[int, int, int]
    files: Mapping[str, int]
    film_bytes: int
    nights: tuple[int, ...]
    dry_files: int
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
    item_seconds=0.02,
    learned=(2_500, 10_000),
    scale=(10_000, 100_000, 1_000_000),
    files={"mixed": 1_000, "small": 3_000, "large": 20},
    film_bytes=5_000_000_000,
    nights=(1_000, 20_000),
    dry_files=200_000,
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
    item_seconds=0.002,
    learned=(1_000, 2_000),
    scale=(100, 1_000, 10_000),
    files={"mixed": 60, "small": 100, "large": 2},
    film_bytes=100_000_000,
    nights=(100, 300),
    dry_files=2_000,
    repeat=3,
    heavy_repeat=2,
    start_repeat=3,
)
