"""Upload of files from a folder into an S3 server, compared with tools that only copy bytes.

The program also probes each file, verifies each object, records it, and registers an entry. The
throw-away script does so without verification and records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.bench import PROGRAM, Bench, summary_holds
from benchmarks.contest import Contestant, RunFailed, Series, alternate
from benchmarks.folders import Folder, media_folder
from benchmarks.outcome import Aim, Outcome, memory, ratio
from benchmarks.sample import ROOT, Sample
from benchmarks.served import Server, served
from benchmarks.storage import BUCKET, Storage, s3_storage
from benchmarks.tools import PEER_BIN, PEER_PYTHON, missing_peers, missing_weed

PROGRAM_NAME = "ld-import"
MANY_NAME = "ld-import --transfers 32"
RCLONE_NAME = "peer: rclone copy"
S5CMD_NAME = "peer: s5cmd cp"
AWS_NAME = "peer: aws s3 cp"
SCRIPT_NAME = "peer: throw-away boto3 script"
COPIERS = (RCLONE_NAME, S5CMD_NAME, AWS_NAME)
TITLES = {
    "mixed": "files of 20 kB to 2 MB",
    "small": "pictures of about 20 kB",
    "large": "films of 48 MB",
}
# The program reaches at least 0.9 of the speed of copiers.
MOST_TIME = 1 / 0.9
# Eight large files at a time have a few parts of 8 MB each.
MOST_MEGABYTES = {"mixed": 200, "small": 200, "large": 300}


def run(kind: str, bench: Bench) -> Outcome:
    """Measure an upload of the files of one kind with each tool."""
    count = bench.sizes.files[kind]
    outcome = Outcome(name=f"uploads-{kind}", title=f"{count:,} {TITLES[kind]}")
    if reason := missing_weed():
        outcome.not_run["all"] = reason
        return outcome
    folder = media_folder(bench, kind, count)
    outcome.title += f", {folder.byte_count / 1e6:,.0f} MB, into an S3 server"
    with s3_storage(bench.folder / "s3") as storage, served("library") as server:
        contestants = _Contestants(bench, kind, folder, storage, server)
        env = bench.env | storage.variables
        series = alternate(list(contestants.all()), bench.sizes.heavy_repeat, env)
    outcome.series = list(series.values())
    outcome.base = RCLONE_NAME if RCLONE_NAME in series else None
    outcome.aims = list(_aims(series, MOST_MEGABYTES[kind]))
    outcome.notes = list(_notes(series, folder))
    outcome.not_run |= contestants.not_run
    return outcome


WORKS: dict[str, Callable[[Bench], Outcome]] = {
    f"uploads-{kind}": partial(run, kind) for kind in TITLES
}


def _aims(series: dict[str, Series], most_megabytes: int) -> Iterator[Aim]:
    program = series[PROGRAM_NAME]
    copiers = [series[name] for name in COPIERS if name in series]
    if copiers:
        fastest = min(copiers, key=lambda one: one.seconds)
        yield ratio(f"time to that of {RCLONE_NAME}", program, series[RCLONE_NAME], MOST_TIME)
        # s5cmd has 256 transfers, so that it waits less for a server that is slow to answer.
        ours = series.get(MANY_NAME, program)
        yield ratio(f"{ours.name}, time to that of {fastest.name}", ours, fastest, MOST_TIME)
    if script := series.get(SCRIPT_NAME):
        yield ratio(f"time to that of {SCRIPT_NAME}", program, script, 1.0)
    yield memory(program, most_megabytes)


def _notes(series: dict[str, Series], folder: Folder) -> Iterator[str]:
    for name, one in series.items():
        yield (
            f"{name}: {one.cpu_seconds / folder.count * 1000:.2f} ms of CPU a file,"
            f" {folder.byte_count / one.seconds / 1e6:,.0f} MB/s"
        )
    yield "the copiers neither probe nor register; no peer keeps records"


@dataclass(slots=True)
class _Contestants:
    """The contestants for one folder; each run begins with an empty bucket."""

    bench: Bench
    kind: str
    folder: Folder
    storage: Storage
    server: Server
    not_run: dict[str, str] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)

    def all(self) -> Iterator[Contestant]:
        """Yield the contestants that can run; `not_run` then holds the reasons for the rest."""
        yield self._program(PROGRAM_NAME)
        if self.kind != "large":
            yield self._program(MANY_NAME, "--transfers", "32")
        if reason := missing_peers():
            self.not_run |= dict.fromkeys((*COPIERS, SCRIPT_NAME), reason)
            return
        here, there = str(self.folder.path), f"s3://{BUCKET}/"
        copy = ("copy", here, f"media:{BUCKET}", "--transfers", "8", "--s3-no-check-bucket")
        yield self._contestant(RCLONE_NAME, str(PEER_BIN / "rclone"), *copy)
        yield self._contestant(S5CMD_NAME, str(_s5cmd()), "cp", f"{here}/", there)
        aws = (str(PEER_BIN / "aws"), "s3", "cp", "--recursive", "--only-show-errors")
        yield self._contestant(AWS_NAME, *aws, here, there)
        script = str(ROOT / "benchmarks" / "peers" / "throwaway_files.py")
        records = str(self.folder.records)
        yield self._registering(SCRIPT_NAME, str(PEER_PYTHON), script, records, self.server.url)

    def _program(self, name: str, *flags: str) -> Contestant:
        manifest = self.folder.manifest(self.storage.settings())
        ledger = self.bench.folder / "uploads" / "ledger.sqlite3"
        command = (PROGRAM, "media-library", str(manifest), "--server", self.server.url)
        more = ("--ledger", str(ledger), "--no-preflight", "--json", "-q")
        config = ("--config", str(self.folder.config))
        count = self.folder.count
        is_right = summary_holds(lambda summary: summary["outcomes"]["success"] == count)
        return self._registering(name, *command, *more, *config, *flags, check=is_right)

    def _registering(
        self, name: str, *command: str, check: Callable[[Sample], None] | None = None
    ) -> Contestant:
        def after(sample: Sample) -> None:
            if check is not None:
                check(sample)
            if self.server.counts()["items"] - self._before["items"] != self.folder.count:
                raise RunFailed(f"{name}: not all entries arrived")

        return self._contestant(name, *command, check=after)

    def _contestant(
        self, name: str, *command: str, check: Callable[[Sample], None] | None = None
    ) -> Contestant:
        def before() -> None:
            self.bench.fresh("uploads")
            self.storage.empty()
            self._before = self.server.counts()

        def after(sample: Sample) -> None:
            if check is not None:
                check(sample)
            self.storage.check(self.folder.count, self.folder.byte_count)

        count = self.folder.count
        return Contestant(name=name, command=command, items=count, before=before, check=after)


def _s5cmd() -> Path:
    """Return the program itself, not the Python script that starts it."""
    return next(PEER_BIN.parent.glob("lib/python*/site-packages/s5cmd/bin/s5cmd"))
