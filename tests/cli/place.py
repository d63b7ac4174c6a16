"""A working directory with a manifest and a server, in which a test runs commands."""

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
    """Return the manifest entry of a valid video."""
    return {
        "id": f"v{number}",
        "url": f"https://films.example/{number}.mp4",
        "fileName": f"Film {number}",
        "metadata": {"title": f"Film {number}"},
        **fields,
    }


def videos(count):
    """Return this number of videos."""
    return [video(number) for number in range(1, count + 1)]


def broken(number=1):
    """Return a video that cannot be imported."""
    return video(number, url="nowhere")


@dataclass(frozen=True)
class Ended:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """The JSON document on standard output."""
        return orjson.loads(self.out)

    @property
    def lines(self):
        """The rows of a table, each a list of cells."""
        return [line.split("\t") for line in self.out.splitlines()]


@dataclass
class Place:
    """A directory in which commands run: in this process (`run`) or in a new one (`start`)."""

    folder: Path
    url: str
    emulator: Emulator
    capfd: pytest.CaptureFixture[str]
    system_name: str

    @property
    def ledger_path(self):
        """The path of the ledger that an import creates here."""
        return self.folder / ".ld-import" / "ledger.sqlite3"

    def write(self, *items, name="manifest.json", list_key="videos", **header):
        """Write a manifest with one item a line, starting at line 2, and return its path."""
        path = self.folder / name
        members = {"systemName": self.system_name, **header}
        head = orjson.dumps({key: value for key, value in members.items() if value is not None})
        rows = b",\n".join(orjson.dumps(item) for item in items)
        comma = b"," if len(head) > 2 else b""
        path.write_bytes(head[:-1] + comma + b'"%s":[\n' % list_key.encode() + rows + b"]}")
        return path

    def run(self, *arguments):
        """Run a command and return its exit code and output."""
        self.capfd.readouterr()
        code = main([str(one) for one in arguments])
        captured = self.capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    def summary(self, *arguments, code=0, command="videos"):
        """Import with `--json` and return the summary, after a check that its counts add up."""
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
        """Import in two runs, which saves the waiting in between; return the second summary."""
        assert self.run("videos", *arguments, "--no-wait").code in (0, code)
        return self.summary(*arguments, code=code)

    def start(self, *arguments, **options):
        """Start a command as a process whose output goes to pipes."""
        return subprocess.Popen(
            [sys.executable, "-m", "ld_import", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            **options,
        )

    def run_until(self, start, number, *arguments):
        """Run a process, send it a signal at the first line with this start, and wait for its end.

        A process that never prints such a line is killed.
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
        """Return the server's entries of this test's systemName."""
        return [one for one in self.emulator.entries() if one["systemName"] == self.system_name]

    def jobs(self):
        """Return the server's jobs of this test's systemName, oldest first."""
        return [one for one in self.emulator.jobs() if one["systemName"] == self.system_name]


def assert_adds_up(summary):
    """Check that the counts of a summary add up."""
    parts = ("invalid", "repeated", "unchanged", "failedBefore", "sent", "notSent")
    assert summary["read"] == sum(summary[part] for part in parts), summary
    assert summary["sent"] == sum(summary["outcomes"].values()), summary
    if summary["dryRun"]:
        assert summary["sent"] == 0
        assert summary["notSent"] >= sum(summary["wouldSend"].values())
