"""Import on a server that runs few jobs at a time: utilization and status requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.bench import PROGRAM, Bench, summary_holds
from benchmarks.contest import Contestant, Series, run_once
from benchmarks.outcome import Aim, Outcome
from benchmarks.sample import measured
from benchmarks.served import served

BATCH = 5
AT_ONCE = (2, 8)
MOST_TO_THE_LIMIT = 1.10
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
    """Import small batches, with polling and, where the program can, with webhooks."""
    jobs, seconds = bench.sizes.jobs, bench.sizes.job_seconds
    outcome = Outcome(
        name="schedule",
        title=f"{jobs} jobs of {seconds:g} s on a server that runs K at a time",
    )
    series = []
    for at_once in AT_ONCE:
        for method in _methods(bench, outcome):
            series.append(_measured(bench, at_once, method, outcome))
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
