"""B: the dry run of a manifest nobody imported yet, against the same work written by hand."""

from __future__ import annotations

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, alternate
from benchmarks.outcome import Outcome, memory, ratio

PROGRAM_NAME, LIMIT_NAME = "ld-import --dry-run", "limit: parse, build, checksum"
# Nobody listens there; a dry run asks nobody.
NO_SERVER = "http://127.0.0.1:9"


def run(bench: Bench) -> Outcome:
    """Plan an import of four templates and an id."""
    count = bench.sizes.plan
    limit = (PYTHON, "-m", "benchmarks.limits.build", str(bench.records(count)))
    contestants = [
        contestant(bench, count),
        Contestant(name=LIMIT_NAME, command=limit, items=count),
    ]
    series = alternate(contestants, bench.sizes.heavy_repeat, bench.env)
    program, least = series[PROGRAM_NAME], series[LIMIT_NAME]
    return Outcome(
        letter="B",
        title=f"first plan: dry run of {count:,} records",
        series=list(series.values()),
        base=LIMIT_NAME,
        aims=[ratio("time to the limit's", program, least, 12), memory(program, 120)],
        notes=["whether it is linear is told by S"],
    )


def contestant(bench: Bench, count: int) -> Contestant:
    """Return the program that plans against an empty ledger."""
    nowhere = bench.folder / "no-ledger" / "ledger.sqlite3"
    return Contestant(
        name=PROGRAM_NAME,
        command=bench.importing(count, NO_SERVER, nowhere, "--dry-run"),
        items=count,
        check=summary_holds(lambda told: told["wouldSend"]["new"] == count),
    )
