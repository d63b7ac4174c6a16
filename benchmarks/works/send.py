"""C: an import against a server without latency, beside a bare client and what people use instead.

All but the limit go from the records to finished jobs; the limit posts bodies prepared beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, RunWentWrong, Series, alternate
from benchmarks.limits.bodies import write_bodies
from benchmarks.outcome import MEGABYTE, Aim, Outcome, ratio
from benchmarks.sample import ROOT, Sample
from benchmarks.served import Server, served
from benchmarks.tools import PEER_PYTHON, missing_dlt, missing_shell_tools

PROGRAM_NAME = "ld-import"
LIMIT_NAME = "limit: bare httpx, prepared bodies"
SCRIPT_NAME = "peer: throw-away httpx script"
PARALLEL_NAME = "peer: jq | GNU parallel | curl"
DLT_NAME = "peer: dlt custom destination"
PEERS = ROOT / "benchmarks" / "peers"


def run(bench: Bench) -> Outcome:
    """Import the same records in all the ways there are."""
    with served() as server:
        field_of = _Field(bench, server)
        series = alternate(list(field_of.contestants()), bench.sizes.heavy_repeat, bench.env)
        cost = field_of.cost_of(series[LIMIT_NAME])
    return Outcome(
        letter="C",
        title=f"import: {bench.sizes.send:,} videos, a server without latency",
        series=list(series.values()),
        base=LIMIT_NAME,
        aims=list(_aims(series)),
        notes=[
            cost,
            "the program's ledger commits with synchronous FULL; limit and peers keep none",
            "of a pipeline of processes the peak is that of the largest one",
        ],
        not_run=field_of.not_run,
    )


def _aims(series: dict[str, Series]) -> Iterator[Aim]:
    program = series[PROGRAM_NAME]
    yield ratio("time to the limit's", program, series[LIMIT_NAME], 2.0)
    for name in (SCRIPT_NAME, PARALLEL_NAME, DLT_NAME):
        if name in series:
            peer = series[name]
            yield ratio(f"time to that of {name}", program, peer, 1.0)
            most = peer.peak_bytes / MEGABYTE
            yield Aim(f"memory beside {name}", program.peak_bytes / MEGABYTE, most, "MB")


@dataclass(slots=True)
class _Field:
    """The contestants around one server, which tells whether all items of each arrived."""

    bench: Bench
    server: Server
    not_run: dict[str, str] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _cpu_seconds: dict[str, list[float]] = field(default_factory=dict)

    def contestants(self) -> Iterator[Contestant]:
        """Yield all that can run; the others are in `not_run` then."""
        bench, count, url = self.bench, self.bench.sizes.send, self.server.url
        records = str(bench.records(count))
        ledger = bench.folder / "send" / "ledger.sqlite3"
        yield self._contestant(
            PROGRAM_NAME,
            *bench.importing(count, self.server, ledger),
            check=summary_holds(lambda told: told["outcomes"]["success"] == count),
        )
        bodies = bench.folder / f"bodies-{count}.jsonl"
        write_bodies(bench.records(count), bodies)
        yield self._contestant(LIMIT_NAME, PYTHON, "-m", "benchmarks.limits.post", str(bodies), url)
        script = str(PEERS / "throwaway.py")
        yield self._contestant(SCRIPT_NAME, PYTHON, script, records, url)
        folder = str(bench.folder / "send")
        if reason := missing_shell_tools():
            self.not_run[PARALLEL_NAME] = reason
        else:
            script = str(PEERS / "parallel.sh")
            yield self._contestant(PARALLEL_NAME, "bash", script, records, url, folder)
        if reason := missing_dlt():
            self.not_run[DLT_NAME] = reason
        else:
            script = str(PEERS / "dlt_import.py")
            yield self._contestant(DLT_NAME, str(PEER_PYTHON), script, records, url, folder)

    def cost_of(self, one: Series) -> str:
        """Say what the server itself needed for a series."""
        seconds = sorted(self._cpu_seconds[one.name])[len(one.samples) // 2]
        return (
            f"the server's own cost: {seconds / one.items * 1e6:.1f} µs of CPU an item,"
            f" {seconds / one.seconds:.0%} of the limit's time, in a process of its own"
        )

    def _contestant(self, name: str, *command: str, check: object = None) -> Contestant:
        def before() -> None:
            self.bench.fresh("send")
            self._before = self.server.counts()

        def after(sample: Sample) -> None:
            if callable(check):
                check(sample)
            now = self.server.counts()
            gone = {key: now[key] - self._before[key] for key in now}
            self._cpu_seconds.setdefault(name, []).append(gone["cpuSeconds"])
            if gone["items"] != count or gone["statuses"] < gone["imports"]:
                raise RunWentWrong(f"{name}: not all {count:,} items arrived: {gone}")

        count = self.bench.sizes.send
        return Contestant(name=name, command=command, items=count, before=before, check=after)
