"""A: the nightly run in which nothing changed, against one pass of a JSON parser.

The first night after an import looks up each record and remembers blocks of them; the further ones,
which are what nights mostly are, look up blocks.
"""

from __future__ import annotations

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, Series, alternate, run_once
from benchmarks.outcome import Outcome, memory, ratio

PROGRAM_NAME, LIMIT_NAME = "ld-import", "limit: orjson.loads of each line"
FIRST_NAME = "ld-import, the first night after the import (once)"


def run(bench: Bench) -> Outcome:
    """Run a manifest whose every record the ledger knows."""
    count = bench.sizes.unchanged
    limit = (PYTHON, "-m", "benchmarks.limits.parse", str(bench.records(count)))
    night = contestant(bench, count)
    first = Series(FIRST_NAME, count, [run_once(night, bench.env)])
    contestants = [
        night,
        Contestant(name=LIMIT_NAME, command=limit, items=count),
    ]
    series = alternate(contestants, bench.sizes.repeat, bench.env)
    program, least = series[PROGRAM_NAME], series[LIMIT_NAME]
    return Outcome(
        letter="A",
        title=f"nothing changed: {count:,} records, the ledger full",
        series=[first, *series.values()],
        base=LIMIT_NAME,
        aims=[ratio("time to the limit's", program, least, 2.5), memory(program, 120)],
    )


def contestant(bench: Bench, count: int) -> Contestant:
    """Return the program with nothing to send; no server is there, and none is asked."""
    full = bench.filled(count)
    return Contestant(
        name=PROGRAM_NAME,
        command=bench.importing(count, full.server_url, full.ledger),
        items=count,
        check=summary_holds(
            lambda told: told["unchanged"] == count and not any(told["requests"].values())
        ),
    )
