"""Import to a server without latency, compared with a bare client and with alternative tools.

All contestants start from the records and end with finished jobs, except the limit: it posts bodies
prepared in advance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.bench import PYTHON, Bench, summary_holds
from benchmarks.contest import Contestant, RunFailed, Series, alternate
from benchmarks.limits.bodies import write_bodies
from benchmarks.outcome import MEGABYTE, Aim, Outcome, memory, ratio
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
    """Measure an import of the same records with each tool."""
    with served() as server:
        contestants = _Contestants(bench, server)
        series = alternate(list(contestants.all()), bench.sizes.heavy_repeat, bench.env)
        cost = contestants.cost_of(series[LIMIT_NAME])
    return Outcome(
        name="import",
        title=f"{bench.sizes.imports:,} videos, a server without latency",
        series=list(series.values()),
        base=LIMIT_NAME,
        aims=list(_aims(series)),
        notes=[
            cost,
            "the program's ledger commits with synchronous FULL; limit and peers keep no ledger",
            "the peak memory of a pipeline is that of its largest process",
        ],
        not_run=contestants.not_run,
    )


def _aims(series: dict[str, Series]) -> Iterator[Aim]:
    program = series[PROGRAM_NAME]
    yield ratio("time to the limit's", program, series[LIMIT_NAME], 1.8)
    yield memory(program, 60)
    for name, times in ((SCRIPT_NAME, 1.2), (PARALLEL_NAME, 1.0), (DLT_NAME, 1.0)):
        if name in series:
            peer = series[name]
            yield ratio(f"time to that of {name}", program, peer, times)
            most = peer.peak_bytes / MEGABYTE
            yield Aim(f"memory compared with {name}", program.peak_bytes / MEGABYTE, most, "MB")


@dataclass(slots=True)
class _Contestants:
    """The contestants of one server. The server's counts show whether all items arrived."""

    bench: Bench
    server: Server
    not_run: dict[str, str] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _cpu_seconds: dict[str, list[float]] = field(default_factory=dict)

    def all(self) -> Iterator[Contestant]:
        """Yield the contestants that can run; `not_run` then holds the reasons for the rest."""
        bench, count, url = self.bench, self.bench.sizes.imports, self.server.url
        records = str(bench.records(count))
        ledger = bench.folder / "import" / "ledger.sqlite3"
        yield self._contestant(
            PROGRAM_NAME,
            *bench.importing(count, self.server, ledger),
            check=summary_holds(lambda summary: summary["outcomes"]["success"] == count),
        )
        bodies = bench.folder / f"bodies-{count}.jsonl"
        write_bodies(bench.records(count), bodies)
        yield self._contestant(LIMIT_NAME, PYTHON, "-m", "benchmarks.limits.post", str(bodies), url)
        script = str(PEERS / "throwaway.py")
        yield self._contestant(SCRIPT_NAME, PYTHON, script, records, url)
        folder = str(bench.folder / "import")
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

    def cost_of(self, series: Series) -> str:
        """Describe the CPU time that the server itself used for a series."""
        seconds = sorted(self._cpu_seconds[series.name])[len(series.samples) // 2]
        return (
            f"cost of the server: {seconds / series.items * 1e6:.1f} µs of CPU per item,"
            f" {seconds / series.seconds:.0%} of the limit's time, in a separate process"
        )

    def _contestant(self, name: str, *command: str, check: object = None) -> Contestant:
        def before() -> None:
            self.bench.fresh("import")
            self._before = self.server.counts()

        def after(sample: Sample) -> None:
            if callable(check):
                check(sample)
            now = self.server.counts()
            delta = {key: now[key] - self._before[key] for key in now}
            self._cpu_seconds.setdefault(name, []).append(delta["cpuSeconds"])
            if delta["items"] != count or delta["statuses"] < delta["imports"]:
                raise RunFailed(f"{name}: not all {count:,} items arrived: {delta}")

        count = self.bench.sizes.imports
        return Contestant(name=name, command=command, items=count, before=before, check=after)
