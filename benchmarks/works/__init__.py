"""The works that are measured, one file each; `WORKS` has them by their letters."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.bench import Bench
from benchmarks.outcome import Outcome
from benchmarks.works import ledger, plan, reading, scale, schedule, send, start, unchanged

WORKS: dict[str, Callable[[Bench], Outcome]] = {
    "A": unchanged.run,
    "B": plan.run,
    "C": send.run,
    "D": schedule.run,
    "E": start.run,
    "F": reading.run,
    "G": ledger.run,
    "S": scale.run,
}
