"""Upload of one film from an HTTP host, with its index at the end: bytes for probing, and memory.

The source counts the bytes that it sends; those beyond one copy of the film are for probing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bench import PROGRAM, Bench, summary_holds
from benchmarks.contest import Contestant, RunFailed, Series, alternate
from benchmarks.folders import manifest_of
from benchmarks.media import write_long_film
from benchmarks.outcome import MEGABYTE, Aim, Outcome
from benchmarks.sample import Sample
from benchmarks.served import Server, served
from benchmarks.storage import BUCKET, PUBLIC_URL, Storage, s3_storage
from benchmarks.tools import PEER_BIN, missing_peers, missing_weed
from tests.harness.http_source import HttpSource, running_source

S3_NAME, FOLDER_NAME = "ld-import, into an S3 server", "ld-import, into a folder"
RCLONE_NAME = "peer: rclone copyurl, into an S3 server"
PROGRAM_NAMES = (S3_NAME, FOLDER_NAME)
PATH = "/film.mp4"
FROM_HOST = ("--allow-http", "--allow-private-sources")


def run(bench: Bench) -> Outcome:
    """Measure the upload of one long film."""
    size = bench.sizes.film_bytes
    outcome = Outcome(name="film", title=f"a film of {size / 1e9:.1f} GB, its index at the end")
    if reason := missing_weed():
        outcome.not_run["all"] = reason
        return outcome
    film = bench.folder / "film.mp4"
    write_long_film(film, size)
    with (
        s3_storage(bench.folder / "s3") as storage,
        served("library") as server,
        running_source() as source,
    ):
        source.serve(PATH, film)
        contestants = _Contestants(bench, source, storage, server)
        env = bench.env | storage.variables
        series = alternate(list(contestants.all()), bench.sizes.heavy_repeat, env)
    outcome.series = list(series.values())
    outcome.base = RCLONE_NAME if RCLONE_NAME in series else None
    outcome.aims = list(_aims(series, contestants))
    outcome.notes = [
        f"{name}: {one.seconds:.0f} s, {size / one.seconds / MEGABYTE:,.0f} MB/s"
        for name, one in series.items()
    ]
    outcome.not_run |= contestants.not_run
    return outcome


def _aims(series: dict[str, Series], contestants: _Contestants) -> Iterator[Aim]:
    for name in PROGRAM_NAMES:
        most = max(contestants.probing_bytes[name])
        yield Aim(f"bytes for probing, {name}", most / MEGABYTE, 1, "MB")
        yield Aim(f"peak memory of {name}", series[name].peak_bytes / MEGABYTE, 200, "MB")


@dataclass(slots=True)
class _Contestants:
    """The contestants of one film; each run begins with an empty storage."""

    bench: Bench
    source: HttpSource
    storage: Storage
    server: Server
    not_run: dict[str, str] = field(default_factory=dict)
    probing_bytes: dict[str, list[int]] = field(default_factory=dict)
    _sent_before: int = 0

    def all(self) -> Iterator[Contestant]:
        """Yield the contestants that can run; `not_run` then holds the reasons for the rest."""
        yield self._program(S3_NAME, "bucket", self.storage.settings())
        there = self.bench.folder / "film" / "store"
        in_folder = {"url": f"file:{there}", "publicUrl": PUBLIC_URL}
        yield self._program(FOLDER_NAME, "folder", in_folder, stored=there)
        if reason := missing_peers():
            self.not_run[RCLONE_NAME] = reason
            return
        copy = (str(PEER_BIN / "rclone"), "copyurl", self.source.url + PATH)
        yield self._contestant(RCLONE_NAME, *copy, f"media:{BUCKET}/film.mp4")

    def _program(
        self, name: str, kind: str, settings: dict[str, str], stored: Path | None = None
    ) -> Contestant:
        records = self.bench.folder / f"film-{kind}.jsonl"
        record = {"slug": "film", "file": self.source.url + PATH, "title": "A long film"}
        records.write_text(json.dumps(record))
        config = records.with_suffix(".config.yaml")
        manifest = manifest_of(records, config, settings)
        command = (PROGRAM, "media-library", str(manifest), "--server", self.server.url)
        ledger = self.bench.folder / "film" / "ledger.sqlite3"
        more = ("--ledger", str(ledger), "--config", str(config), "--no-preflight")
        return self._contestant(name, *command, *more, *FROM_HOST, "--json", "-q", stored=stored)

    def _contestant(self, name: str, *command: str, stored: Path | None = None) -> Contestant:
        size = self.bench.sizes.film_bytes
        is_program = name in PROGRAM_NAMES

        def before() -> None:
            folder = self.bench.fresh("film")
            (folder / "store").mkdir()
            self.storage.empty()
            self._sent_before = self.source.bytes_sent[PATH]

        def after(sample: Sample) -> None:
            if is_program:
                summary_holds(lambda summary: summary["outcomes"]["success"] == 1)(sample)
            more = self.source.bytes_sent[PATH] - self._sent_before - size
            self.probing_bytes.setdefault(name, []).append(more)
            if stored is None:
                self.storage.check(1, size)
            elif [path.stat().st_size for path in stored.rglob("*.mp4")] != [size]:
                raise RunFailed(f"{name}: the film is not in the folder")
            self.bench.fresh("film")
            self.storage.empty()

        return Contestant(name=name, command=command, items=1, before=before, check=after)
