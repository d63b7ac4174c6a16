"""Size of a ledger on disk, and response time of the commands that read it."""

from __future__ import annotations

from benchmarks.bench import PROGRAM, PYTHON, Bench
from benchmarks.contest import Contestant, alternate
from benchmarks.generate import records
from benchmarks.outcome import Aim, Outcome

MOST_BYTES = 250
MOST_SECONDS = 0.3
ITEMS_NAME, SHOW_NAME = "ledger items --state failed", "ledger show ID"


def run(bench: Bench) -> Outcome:
    """Query the ledger of `rerun`, after the first rerun."""
    count = bench.sizes.rerun
    full, ledger = bench.filled(count), bench.settled(count)
    location = ("--ledger", str(ledger))
    *_, middle = records(count // 2)
    show = (PROGRAM, "ledger", "show", f"talk-{middle['slug']}", *location)
    items = (PROGRAM, "ledger", "items", "--state", "failed", *location)
    contestants = [
        Contestant(name=ITEMS_NAME, command=items, items=1),
        Contestant(name=SHOW_NAME, command=show, items=1),
        Contestant(name="python -c pass", command=(PYTHON, "-c", "pass"), items=1),
    ]
    series = alternate(contestants, bench.sizes.start_repeat, bench.env)
    return Outcome(
        name="ledger",
        title=f"ledger of {count:,} items",
        series=list(series.values()),
        base="python -c pass",
        aims=[
            Aim("bytes an item", ledger.stat().st_size / count, MOST_BYTES, "B"),
            Aim(ITEMS_NAME, series[ITEMS_NAME].seconds, MOST_SECONDS, "s"),
            Aim(SHOW_NAME, series[SHOW_NAME].seconds, MOST_SECONDS, "s"),
        ],
        notes=[f"{full.byte_count / count:.1f} bytes an item before the first rerun"],
    )
