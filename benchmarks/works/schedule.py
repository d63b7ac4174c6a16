"""Import on a server that runs few jobs at a time: utilization and status requests.

Batches of a fixed size are measured on jobs of a fixed time. Batches whose size is learned are
measured where each item takes a time: a first run learns, and the next one is measured.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.bench import PROGRAM, Bench, summary_holds
from benchmarks.contest import Contestant, Series, run_once
from benchmarks.outcome import Aim, Outcome
from benchmarks.sample import Sample, measured
from benchmarks.served import served

BATCH = 5
AT_ONCE = (2, 8)
MOST_TO_THE_LIMIT = 1.05
MOST_STATUS_POLLING = 4.0
# About one: a notification may arrive twice, or before the job's id is known.
MOST_STATUS_NOTIFIED = 1.25


@dataclass(frozen=True, slots=True)
class _Method:
    """A method by which the program learns that a job has finished."""

    name: str
    flags: tuple[str, ...]
    most_status: float


def run(bench: Bench) -> Outcome:
    """Import batches of a fixed size with polling and webhooks, then of a learned size."""
    jobs, seconds = bench.sizes.jobs, bench.sizes.job_seconds
    outcome = Outcome(
        name="schedule",
        title=f"{jobs} jobs of {seconds:g} s on a server that runs K at a time",
    )
    series = []
    for at_once in AT_ONCE:
        for method in _methods(bench, outcome):
            series.append(_measured(bench, at_once, method, outcome))
    series += [_learned(bench, at_once, outcome) for at_once in AT_ONCE]
    outcome.series = series
    return outcome


def _methods(bench: Bench, outcome: Outcome) -> Iterator[_Method]:
    yield _Method("polling", (), MOST_STATUS_POLLING)
    if "--listen" not in measured((PROGRAM, "videos", "--help"), env=bench.env).output:
        outcome.not_run["webhooks"] = "`ld-import videos` has no --listen"
        return
    address = f"127.0.0.1:{_free_port()}"
    flags = ("--listen", address, "--public-url", f"http://{address}")
    yield _Method("webhooks", flags, MOST_STATUS_NOTIFIED)


def _measured(bench: Bench, at_once: int, method: _Method, outcome: Outcome) -> Series:
    jobs, seconds = bench.sizes.jobs, bench.sizes.job_seconds
    count = jobs * BATCH
    name = f"ld-import, K={at_once}, {method.name}"
    flags = ("--batch-size", str(BATCH), "--parallel", str(at_once), *method.flags)
    ledger = bench.fresh("schedule") / "ledger.sqlite3"
    with served(seconds, at_once) as server:
        contestant = Contestant(
            name=name,
            command=bench.importing(count, server, ledger, *flags),
            items=count,
            check=summary_holds(lambda summary: summary["outcomes"]["success"] == count),
        )
        series = Series(name, count, [run_once(contestant, bench.env)])
        counts = server.counts()
    least = jobs * seconds / at_once
    outcome.aims += [
        Aim(f"{name}: time to jobs x T / K", series.seconds / least, MOST_TO_THE_LIMIT, "x"),
        Aim(f"{name}: status requests a job", counts["statuses"] / jobs, method.most_status),
    ]
    outcome.notes.append(
        f"{name}: {counts['spanSeconds'] / least:.3f} x measured at the server, without start-up of"
        f" the program; {counts['webhooks']:.0f} notifications"
    )
    return series


def _learned(bench: Bench, at_once: int, outcome: Outcome) -> Series:
    known, count = (at_once * items for items in bench.sizes.learned)
    seconds = bench.sizes.item_seconds
    name = f"ld-import, K={at_once}, learned batches"
    flags = ("--batch-size", "auto", "--parallel", str(at_once))
    ledger = bench.fresh("schedule") / "ledger.sqlite3"
    with served(0, at_once, seconds) as server:

        def importing(total: int, new: int) -> Sample:
            contestant = Contestant(
                name=name,
                command=bench.importing(total, server, ledger, *flags),
                items=new,
                check=summary_holds(lambda summary: summary["outcomes"]["success"] == new),
            )
            return run_once(contestant, bench.env)

        importing(known, known)
        before = server.counts()
        # The same records again, which are unchanged, and new ones.
        series = Series(name, count, [importing(known + count, count)])
        jobs = server.counts()["imports"] - before["imports"]
    least = count * seconds / at_once
    outcome.aims.append(
        Aim(f"{name}: time to items x t / K", series.seconds / least, MOST_TO_THE_LIMIT, "x")
    )
    size = json.loads(series.samples[0].output)["batchSize"]
    outcome.notes.append(
        f"{name}: {seconds * 1000:g} ms an item; {jobs:.0f} jobs; the size was {size['first']:,} at"
        f" the begin and {size['last']:,} at the end"
    )
    return series


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
