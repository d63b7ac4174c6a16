"""A user's place: a folder with a manifest, a server, and the program called there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from ld_import.cli.app import main
from ld_import.cli.config.resolve import resolve_import
from ld_import.cli.options import ImportFlags
from ld_import.emulator import Emulator


def video(number=1, **fields):
    """Return one valid video as a manifest says it."""
    return {
        "id": f"v{number}",
        "url": f"https://films.example/{number}.mp4",
        "fileName": f"Film {number}",
        "metadata": {"title": f"Film {number}"},
        **fields,
    }


def videos(count):
    """Return so many of them."""
    return [video(number) for number in range(1, count + 1)]


def broken(number=1):
    """Return a video that cannot be imported."""
    return video(number, url="nowhere")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """The one JSON document on standard output."""
        return orjson.loads(self.out)

    @property
    def lines(self):
        """The rows of a table: a list of cells each."""
        return [line.split("\t") for line in self.out.splitlines()]


@dataclass
class Place:
    """Where commands are run, by `run` in this process or by `start` in one of their own."""

    folder: Path
    url: str
    emulator: Emulator
    capfd: pytest.CaptureFixture[str]
    system_name: str

    @property
    def ledger_path(self):
        """The ledger an import makes here."""
        return self.folder / ".ld-import" / "ledger.sqlite3"

    def write(self, *items, name="manifest.json", list_key="videos", **header):
        """Write a manifest of these items, from its second line on, and return its path."""
        path = self.folder / name
        told = {"systemName": self.system_name, **header}
        head = orjson.dumps({key: value for key, value in told.items() if value is not None})
        rows = b",\n".join(orjson.dumps(item) for item in items)
        comma = b"," if len(head) > 2 else b""
        path.write_bytes(head[:-1] + comma + b'"%s":[\n' % list_key.encode() + rows + b"]}")
        return path

    def run(self, *arguments):
        """Run a command and return how it ended."""
        self.capfd.readouterr()
        code = main([str(one) for one in arguments])
        captured = self.capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    def summary(self, *arguments, code=0, command="videos"):
        """Import with `--json`; return the summary, whose counts are held to the contract."""
        ended = self.run(command, *arguments, "--json")
        assert ended.code == code, ended
        summary = ended.document
        assert summary["exitCode"] == code
        assert_adds_up(summary)
        return summary

    def spec(self, manifest, command="videos", **flags):
        """Return an import as the command resolves it."""
        given = ImportFlags(manifest=manifest, server=self.url, ledger=self.ledger_path, **flags)
        return resolve_import(command, given).spec

    def imported(self, *arguments, code=0):
        """Import to the end without waiting: submit, then follow; return the second summary."""
        assert self.run("videos", *arguments, "--no-wait").code in (0, code)
        return self.summary(*arguments, code=code)

    def start(self, *arguments, **options):
        """Start a command as a process with pipes for its output."""
        return subprocess.Popen(
            [sys.executable, "-m", "ld_import", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            **options,
        )

    def run_until(self, start, number, *arguments):
        """Run a process, send it a signal at the first line that begins so, and wait for its end.

        A process that does not come so far is killed.
        """
        with self.start(*arguments) as process:
            deadline = threading.Timer(20, process.kill)
            deadline.start()
            for line in process.stderr:
                if line.startswith(start):
                    break
            process.send_signal(number)
            out, err = process.communicate()
            deadline.cancel()
        return Ended(process.returncode, out.decode(), (line + err).decode())

    def mine(self):
        """Return the entries the server holds of this place."""
        return [one for one in self.emulator.entries() if one["systemName"] == self.system_name]

    def jobs(self):
        """Return the jobs of this place, oldest first."""
        return [one for one in self.emulator.jobs() if one["systemName"] == self.system_name]


def assert_adds_up(summary):
    """Hold the counts of a summary to what the contract says of them."""
    parts = ("invalid", "repeated", "unchanged", "failedBefore", "sent", "notSent")
    assert summary["read"] == sum(summary[part] for part in parts), summary
    assert summary["sent"] == sum(summary["outcomes"].values()), summary
    if summary["dryRun"]:
        assert summary["sent"] == 0
        assert summary["notSent"] >= sum(summary["wouldSend"].values())
