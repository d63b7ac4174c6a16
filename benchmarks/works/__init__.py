"""The workloads that are measured, one module each. `WORKS` maps names to their functions."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.bench import Bench
from benchmarks.outcome import Outcome
from benchmarks.works import (
    film,
    import_videos,
    ledger,
    night,
    plan,
    rerun,
    scale,
    schedule,
    start,
    uploads,
    yaml_list,
)

WORKS: dict[str, Callable[[Bench], Outcome]] = {
    "rerun": rerun.run,
    "plan": plan.run,
    "import": import_videos.run,
    "schedule": schedule.run,
    "start": start.run,
    "yaml": yaml_list.run,
    "ledger": ledger.run,
    "scale": scale.run,
    **uploads.WORKS,
    "film": film.run,
    "night": night.run,
}
# Results published before the works had names cite these letters.
LETTERS = dict(zip("ABCDEFGS", WORKS, strict=False))
