"""How much of each work is measured: in full, or quickly to see whether something broke."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of records, and how often each contestant runs.

    `heavy_repeat` is for what takes minutes, `start_repeat` for what takes a moment; `scale` is
    from small to large.
    """

    unchanged: int
    plan: int
    send: int
    yaml: tuple[int, int]
    csv: int
    jobs: int
    job_seconds: float
    scale: tuple[int, int, int]
    repeat: int
    heavy_repeat: int
    start_repeat: int


FULL = Sizes(
    unchanged=1_000_000,
    plan=1_000_000,
    send=100_000,
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
    unchanged=10_000,
    plan=10_000,
    send=2_000,
    yaml=(300, 3_000),
    csv=10_000,
    jobs=40,
    job_seconds=0.5,
    scale=(100, 1_000, 10_000),
    repeat=3,
    heavy_repeat=2,
    start_repeat=3,
)
