"""Nightly rerun in which nothing changed, compared with one pass of a JSON parser.

The first rerun after an import looks up every record and stores digests of whole blocks. Later
reruns, the common case, look up blocks only.
"""

from __future__ import annotations

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, Series, alternate, run_once
from benchmarks.outcome import Outcome, memory, ratio

PROGRAM_NAME, LIMIT_NAME = "ld-import", "limit: orjson.loads of each line"
FIRST_NAME = "ld-import, first rerun after the import (once)"


def run(bench: Bench) -> Outcome:
    """Measure a manifest whose records are all settled in the ledger."""
    count = bench.sizes.rerun
    limit = (PYTHON, "-m", "benchmarks.limits.parse", str(bench.records(count)))
    rerun = contestant(bench, count)
    first = Series(FIRST_NAME, count, [run_once(rerun, bench.env)])
    contestants = [
        rerun,
        Contestant(name=LIMIT_NAME, command=limit, items=count),
    ]
    series = alternate(contestants, bench.sizes.repeat, bench.env)
    program, least = series[PROGRAM_NAME], series[LIMIT_NAME]
    return Outcome(
        name="rerun",
        title=f"nothing changed: {count:,} records, all in the ledger",
        series=[first, *series.values()],
        base=LIMIT_NAME,
        aims=[ratio("time to the limit's", program, least, 2.5), memory(program, 120)],
    )


def contestant(bench: Bench, count: int) -> Contestant:
    """Return the program with nothing to send; its server is stopped and receives no request."""
    full = bench.filled(count)
    return Contestant(
        name=PROGRAM_NAME,
        command=bench.importing(count, full.server_url, full.ledger),
        items=count,
        check=summary_holds(
            lambda summary: summary["unchanged"] == count and not any(summary["requests"].values())
        ),
    )
