"""Start-up time: commands with almost no work, compared with an empty Python process."""

from __future__ import annotations

import json

from benchmarks.bench import PROGRAM, PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, alternate, run_once
from benchmarks.outcome import Outcome, ratio
from benchmarks.served import served
from benchmarks.works.plan import contestant as planning

RECORDS = 10
EMPTY_PROCESS = "python -c pass"
HELP, STATUS, DRY_RUN = "ld-import --help", "ld-import status", "dry run, 10 records"
MOST = {HELP: 5.0, DRY_RUN: 14.0, STATUS: 16.0}


def run(bench: Bench) -> Outcome:
    """Measure help, version, the status of a job, and a dry run of ten records."""
    ledger = bench.fresh("start") / "ledger.sqlite3"
    location = ("--ledger", str(ledger))
    plan = planning(bench, RECORDS)
    with served() as server:
        filling = Contestant(
            name="ld-import of ten records",
            command=bench.importing(RECORDS, server, ledger),
            items=RECORDS,
            check=summary_holds(lambda summary: summary["outcomes"]["success"] == RECORDS),
        )
        job_id = json.loads(run_once(filling, bench.env).output)["jobs"][0]["id"]
        status = (PROGRAM, "status", job_id, "--server", server.url, *location)
        contestants = [
            Contestant(name=EMPTY_PROCESS, command=(PYTHON, "-c", "pass"), items=1),
            Contestant(name="ld-import --version", command=(PROGRAM, "--version"), items=1),
            Contestant(name=HELP, command=(PROGRAM, "--help"), items=1),
            Contestant(name=STATUS, command=status, items=1),
            Contestant(name=DRY_RUN, command=plan.command, items=RECORDS, check=plan.check),
        ]
        series = alternate(contestants, bench.sizes.start_repeat, bench.env)
    return Outcome(
        name="start",
        title="commands with almost no work",
        series=list(series.values()),
        base=EMPTY_PROCESS,
        aims=[
            ratio(
                f"{name}: time to that of {EMPTY_PROCESS}",
                series[name],
                series[EMPTY_PROCESS],
                most,
            )
            for name, most in MOST.items()
        ],
    )
