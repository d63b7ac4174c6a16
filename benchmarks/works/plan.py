"""Dry run of a manifest that is new to the ledger, compared with the same work written by hand."""

from __future__ import annotations

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, alternate
from benchmarks.outcome import Outcome, memory, ratio

PROGRAM_NAME, LIMIT_NAME = "ld-import --dry-run", "limit: parse, build, checksum"
# Nothing listens on this port; a dry run sends no request.
NO_SERVER = "http://127.0.0.1:9"


def run(bench: Bench) -> Outcome:
    """Measure planning with four templates and an id."""
    count = bench.sizes.plan
    limit = (PYTHON, "-m", "benchmarks.limits.build", str(bench.records(count)))
    contestants = [
        contestant(bench, count),
        Contestant(name=LIMIT_NAME, command=limit, items=count),
    ]
    series = alternate(contestants, bench.sizes.heavy_repeat, bench.env)
    program, least = series[PROGRAM_NAME], series[LIMIT_NAME]
    return Outcome(
        name="plan",
        title=f"first plan: dry run of {count:,} records",
        series=list(series.values()),
        base=LIMIT_NAME,
        aims=[ratio("time to the limit's", program, least, 4), memory(program, 120)],
        notes=["`scale` shows whether the time is linear"],
    )


def contestant(bench: Bench, count: int) -> Contestant:
    """Return the program, planning against an empty ledger."""
    no_ledger = bench.folder / "no-ledger" / "ledger.sqlite3"
    return Contestant(
        name=PROGRAM_NAME,
        command=bench.importing(count, NO_SERVER, no_ledger, "--dry-run"),
        items=count,
        check=summary_holds(lambda summary: summary["wouldSend"]["new"] == count),
    )
