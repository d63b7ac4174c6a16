"""What all works share: the folder, the sizes, prepared records and ledgers, the program."""

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

from benchmarks.contest import Contestant, RunWentWrong, progress, run_once
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
    """A ledger that knows all records of a manifest: the server it was filled from, and the cost.

    `sample` is the import that filled it, the one measure of sending that is made only once.
    """

    ledger: Path
    server_url: str
    sample: Sample

    @property
    def byte_count(self) -> int:
        """The size of the ledger."""
        return self.ledger.stat().st_size


@dataclass(frozen=True, slots=True)
class Bench:
    """One execution of the measures; what is prepared once is kept in `folder`."""

    folder: Path
    sizes: Sizes
    _filled: dict[int, Filled] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The environment of every contestant: nothing of the caller's but the path."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.fresh("home", is_emptied=False)),
            "LANG": "C.UTF-8",
            "LD_IMPORT_TOKEN": "bench",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }

    def fresh(self, name: str, *, is_emptied: bool = True) -> Path:
        """Return a folder, empty unless wanted otherwise."""
        path = self.folder / name
        if is_emptied:
            shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def records(self, count: int, suffix: str = ".jsonl") -> Path:
        """Return a file of so many records, made when it is first asked for."""
        path = self.folder / f"records-{count}{suffix}"
        if not path.exists():
            progress(f"  making {path.name}")
            # Aside, so that no measuring process grows.
            command = [PYTHON, "-m", "benchmarks.generate", str(count), str(path)]
            done = measured(command, env=self.env)
            if done.exit_code:
                raise RunWentWrong(f"{path.name} cannot be made:\n{done.complaint}")
        return path

    def manifest(self, count: int) -> Path:
        """Return a manifest with four templates and an id over so many JSONL records."""
        path = self.folder / f"talks-{count}.yaml"
        path.write_text(MANIFEST % self.records(count).name, encoding="utf-8")
        return path

    def filled(self, count: int) -> Filled:
        """Return a ledger in which so many records are settled, filled when first asked for."""
        if count not in self._filled:
            self._filled[count] = self._kept(count) or self._fill(count)
        return self._filled[count]

    def _kept(self, count: int) -> Filled | None:
        note = self._filled_folder(count) / "filled.json"
        if not note.exists():
            return None
        told = json.loads(note.read_text())
        return Filled(note.with_name("ledger.sqlite3"), told["url"], Sample(*told["sample"]))

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
                    check=summary_holds(lambda told: told["outcomes"]["success"] == count),
                ),
                self.env,
            )
        # Without what it printed: every one of its jobs.
        note = {"url": server.url, "sample": sample._replace(output="", complaint="")}
        (folder / "filled.json").write_text(json.dumps(note))
        return Filled(ledger, server.url, sample)

    def _filled_folder(self, count: int) -> Path:
        # What a ledger holds depends on the program: another one fills it anew.
        return self.folder / f"filled-{count}-{_program_mark()}"

    def importing(
        self, count: int, server: Server | str, ledger: Path, *more: str
    ) -> Sequence[str]:
        """Return the command that imports so many records."""
        url = server if isinstance(server, str) else server.url
        where = ("--server", url, "--ledger", str(ledger))
        return (PROGRAM, "videos", str(self.manifest(count)), *where, "--json", "-q", *more)


def summary_holds(is_right: Callable[[dict[str, Any]], bool]) -> Check:
    """Return a check of the program's JSON summary."""

    def check(sample: Sample) -> None:
        if not is_right(json.loads(sample.output)):
            raise RunWentWrong(f"the summary is not as expected: {sample.output[:1000]}")

    return check


def _program_mark() -> str:
    mark = blake2b(digest_size=4)
    for path in sorted((ROOT / "ld_import").rglob("*")):
        if path.suffix in (".py", ".sql", ".json"):
            mark.update(path.read_bytes())
    return mark.hexdigest()
