"""Nightly rerun in which nothing changed, compared with one pass of a JSON parser.

The first night after an import is a row of its own: it may look up more, and store digests of whole
blocks. Later nights, the common case, look up blocks only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, alternate
from benchmarks.outcome import Outcome, memory, ratio

PROGRAM_NAME, LIMIT_NAME = "ld-import", "limit: orjson.loads of each line"
FIRST_NAME = "ld-import, first night after the import"
MOST_TO_THE_LIMIT = 2.5
MOST_MEGABYTES = 120


def run(bench: Bench) -> Outcome:
    """Measure a manifest whose records are all settled in the ledger."""
    count = bench.sizes.rerun
    limit = (PYTHON, "-m", "benchmarks.limits.parse", str(bench.records(count)))
    contestants = [
        contestant(bench, count),
        _first_night(bench, count),
        Contestant(name=LIMIT_NAME, command=limit, items=count),
    ]
    series = alternate(contestants, bench.sizes.repeat, bench.env)
    program, first, least = (series[one.name] for one in contestants)
    return Outcome(
        name="rerun",
        title=f"nothing changed: {count:,} records, all in the ledger",
        series=list(series.values()),
        base=LIMIT_NAME,
        aims=[
            ratio("time to the limit's", program, least, MOST_TO_THE_LIMIT),
            ratio("first night: time to the limit's", first, least, MOST_TO_THE_LIMIT),
            memory(program, MOST_MEGABYTES),
            memory(first, MOST_MEGABYTES),
        ],
        notes=["the first night begins each time with a copy of the ledger that the import left"],
    )


def contestant(bench: Bench, count: int) -> Contestant:
    """Return the program with nothing to send; its server is stopped and receives no request."""
    return _rerun(bench, count, PROGRAM_NAME, bench.settled(count))


def _first_night(bench: Bench, count: int) -> Contestant:
    ledger = bench.fresh("first-night") / "ledger.sqlite3"

    def before() -> None:
        bench.fresh(ledger.parent.name)
        bench.filled(count).copy_to(ledger)

    return _rerun(bench, count, FIRST_NAME, ledger, before)


def _rerun(
    bench: Bench, count: int, name: str, ledger: Path, before: Callable[[], None] = lambda: None
) -> Contestant:
    return Contestant(
        name=name,
        command=bench.rerunning(count, ledger),
        items=count,
        before=before,
        check=summary_holds(
            lambda summary: summary["unchanged"] == count and not any(summary["requests"].values())
        ),
    )
