"""Shared by all works: folder, sizes, prepared records and ledgers, and the program's commands."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, RunFailed, progress, run_once
from benchmarks.sample import ROOT, Sample, measured
from benchmarks.served import Server, served
from benchmarks.sizes import Sizes

PROGRAM = str(Path(sys.executable).with_name("ld-import"))
PYTHON = sys.executable
MANIFEST = """\
systemName: archive
externalId: "talk-{{ slug }}"
source: %s
map:
  url: "{{ url }}"
  fileName: "{{ title }}"
  metadata:
    title: "{{ title }}"
    credit: "{{ speakers | join(', ') }}"
"""
Check = Callable[[Sample], None]


@dataclass(frozen=True, slots=True)
class Filled:
    """A ledger in which all records of a manifest are settled, and the URL of the server it names.

    `sample` measures the import that filled it, which runs only once.
    """

    ledger: Path
    server_url: str
    sample: Sample

    @property
    def byte_count(self) -> int:
        """The size of the ledger."""
        return self.ledger.stat().st_size

    def copy_to(self, ledger: Path) -> None:
        """Copy the ledger, and wait until the copy is on the disk."""
        shutil.copyfile(self.ledger, ledger)
        with ledger.open("rb") as file:
            os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class Bench:
    """One execution of the benchmarks. Prepared files are kept in `folder` and reused."""

    folder: Path
    sizes: Sizes
    _filled: dict[int, Filled] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The environment of every contestant: only PATH is inherited."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.fresh("home", is_emptied=False)),
            "LANG": "C.UTF-8",
            "LD_IMPORT_TOKEN": "benchmark-token",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }

    def fresh(self, name: str, *, is_emptied: bool = True) -> Path:
        """Return a folder, emptied unless `is_emptied` is false."""
        path = self.folder / name
        if is_emptied:
            shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def records(self, count: int, suffix: str = ".jsonl") -> Path:
        """Return a file of `count` records, generated on first use."""
        path = self.folder / f"records-{count}{suffix}"
        if not path.exists():
            progress(f"  generating {path.name}")
            # In a child process, so that the measuring process stays small.
            command = [PYTHON, "-m", "benchmarks.generate", str(count), str(path)]
            result = measured(command, env=self.env)
            if result.exit_code:
                raise RunFailed(f"{path.name} cannot be generated:\n{result.stderr}")
        return path

    def manifest(self, count: int) -> Path:
        """Return a manifest with four templates and an id over `count` JSONL records."""
        path = self.folder / f"talks-{count}.yaml"
        path.write_text(MANIFEST % self.records(count).name, encoding="utf-8")
        return path

    def filled(self, count: int) -> Filled:
        """Return a ledger that an import of `count` records left. No run may change it."""
        if count not in self._filled:
            self._filled[count] = self._kept(count) or self._fill(count)
        return self._filled[count]

    def settled(self, count: int) -> Path:
        """Return a copy of the filled ledger after its first rerun, made on first use."""
        full = self.filled(count)
        ledger = full.ledger.with_name("settled") / full.ledger.name
        if not ledger.exists():
            progress(f"  first rerun over {count:,} records")
            partial = self.fresh(f"settling-{count}") / ledger.name
            full.copy_to(partial)
            command = self.rerunning(count, partial)
            run_once(Contestant(name="first rerun", command=command, items=count), self.env)
            ledger.parent.mkdir(exist_ok=True)
            partial.replace(ledger)
        return ledger

    def rerunning(self, count: int, ledger: Path) -> Sequence[str]:
        """Return the command that finds all records settled and asks the stopped server nothing."""
        url = self.filled(count).server_url
        return self.importing(count, url, ledger, "--no-spot-check")

    def _kept(self, count: int) -> Filled | None:
        note = self._filled_folder(count) / "filled.json"
        if not note.exists():
            return None
        stored = json.loads(note.read_text())
        return Filled(note.with_name("ledger.sqlite3"), stored["url"], Sample(*stored["sample"]))

    def _fill(self, count: int) -> Filled:
        progress(f"  filling a ledger with {count:,} records")
        folder = self._filled_folder(count)
        ledger = folder / "ledger.sqlite3"
        self.fresh(folder.name)
        with served() as server:
            sample = run_once(
                Contestant(
                    name=f"filling, {count:,}",
                    command=self.importing(count, server, ledger),
                    items=count,
                    check=summary_holds(lambda summary: summary["outcomes"]["success"] == count),
                ),
                self.env,
            )
        # The output lists every job and is not needed.
        note = {"url": server.url, "sample": sample._replace(output="", stderr="")}
        (folder / "filled.json").write_text(json.dumps(note))
        return Filled(ledger, server.url, sample)

    def _filled_folder(self, count: int) -> Path:
        # The content of a ledger depends on the program, so changed code fills a new one.
        return self.folder / f"filled-{count}-{_program_digest()}"

    def importing(
        self, count: int, server: Server | str, ledger: Path, *more: str
    ) -> Sequence[str]:
        """Return the command that imports `count` records."""
        url = server if isinstance(server, str) else server.url
        location = ("--server", url, "--ledger", str(ledger))
        return (PROGRAM, "videos", str(self.manifest(count)), *location, "--json", "-q", *more)


def summary_holds(is_right: Callable[[dict[str, Any]], bool]) -> Check:
    """Return a check of the program's JSON summary."""

    def check(sample: Sample) -> None:
        if not is_right(json.loads(sample.output)):
            raise RunFailed(f"the summary is not as expected: {sample.output[:1000]}")

    return check


def _program_digest() -> str:
    digest = blake2b(digest_size=4)
    for path in sorted((ROOT / "ld_import").rglob("*")):
        if path.suffix in (".py", ".sql", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()
