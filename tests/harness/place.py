"""A working directory with a manifest and a server, in which a test runs commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from ld_import.cli.app import main
from ld_import.emulator import Emulator
from tests.harness.counts import assert_adds_up
from tests.harness.import_folder import ImportFolder
from tests.harness.starter import Starter


@dataclass(frozen=True)
class CommandResult:
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
class Place(ImportFolder):
    """A directory in which commands run: in this process (`run`) or in a new one (`start`)."""

    folder: Path
    url: str
    emulator: Emulator
    capfd: pytest.CaptureFixture[str]
    system_name: str
    starter: Starter

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
        code = main([str(argument) for argument in arguments])
        captured = self.capfd.readouterr()
        return CommandResult(code, captured.out, captured.err)

    def summary(self, *arguments, code=0, command="videos"):
        """Import with `--json` and return the summary, after a check that its counts add up."""
        ended = self.run(command, *arguments, "--json")
        assert ended.code == code, ended
        summary = ended.document
        assert summary["exitCode"] == code
        assert_adds_up(summary)
        return summary

    def imported(self, *arguments, code=0):
        """Import in two runs, which saves the waiting in between; return the second summary."""
        assert self.run("videos", *arguments, "--no-wait").code in (0, code)
        return self.summary(*arguments, code=code)

    def start(self, *arguments, **options):
        """Start a command as a process whose output goes to pipes; see `Starter`."""
        return self.starter.start([*map(str, arguments)], **(self._piped() | options))

    def start_python(self, *arguments):
        """Start a command as a shell does, by a new Python."""
        command = [sys.executable, "-m", "ld_import", *map(str, arguments)]
        return subprocess.Popen(command, **self._piped())

    def _piped(self):
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        return {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.folder,
            "env": environment,
        }

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
        code = process.returncode
        if code == -signal.SIGINT:
            # As a shell shows it. Python ends by the signal itself, whatever the exit code, if the
            # handler's KeyboardInterrupt passed through `exec` of a text (a dataclass is defined).
            code = 128 + signal.SIGINT
        return CommandResult(code, out.decode(), (line + err).decode())

    def mine(self):
        """Return the server's entries of this test's systemName."""
        return [
            entry for entry in self.emulator.entries() if entry["systemName"] == self.system_name
        ]

    def jobs(self):
        """Return the server's jobs of this test's systemName, oldest first."""
        return [job for job in self.emulator.jobs() if job["systemName"] == self.system_name]
