"""A reader or terminal that goes away neither ends a run nor changes its result."""

from __future__ import annotations

import os
import pty
import signal

import pytest

from ld_import.emulator import Settings
from tests.harness.records import videos

ARGUMENTS = ["videos", "--batch-size", "2", "--parallel", "1"]
SECONDS = 30
# Runs a command in a new terminal, which closes after the first job has started.
HANGING_UP = """
import os, pty, sys
from ld_import.__main__ import run

pid, master = pty.fork()
if pid == 0:
    run()
seen = b""
while b"started job" not in seen:
    seen += os.read(master, 1000)
os.close(master)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.fixture
def slow_place(place):
    """Return a place whose jobs outlast the closing of a terminal."""
    place.emulator.settings = Settings(job_seconds=0.1)
    place.write(*videos(8))
    return place


def check(place, count=8):
    """Check that the ledger has a complete run."""
    assert list(place.states().values()) == ["success"] * count
    assert place.ledger_runs()[0]["exitCode"] == 0


@pytest.mark.parametrize("flags", [["-v"], ["-v", "--log-format", "json"]])
def test_reader_of_standard_error_goes_away(slow_place, flags):
    """A closed standard error, as by `2>&1 | head -1`, does not end the run."""
    with slow_place.start(*ARGUMENTS, *flags) as process:
        process.stderr.readline()
        process.stderr.close()
        process.stdout.close()
        code = process.wait(SECONDS)

    assert code == 0
    check(slow_place)


@pytest.mark.parametrize("flags", [[], ["-v"], ["--log-format", "json", "-v"], ["--json"]])
def test_terminal_goes_away(slow_place, flags):
    """A closed terminal ends the progress display only."""
    master, terminal = pty.openpty()
    arguments = [*ARGUMENTS, *flags, "--log-file", "run.log"]
    with slow_place.start(*arguments, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        assert os.read(master, 1)
        # Not the controlling terminal: only writes fail, with EIO.
        os.close(master)
        code = process.wait(SECONDS)

    log = (slow_place.folder / "run.log").read_text()
    assert code == 0
    assert "ended with exit code 0" in log or '"exitCode":0' in log
    check(slow_place)


def test_terminal_of_control_goes_away(slow_place):
    """SIGHUP from a controlling terminal stops the run in order, like Ctrl-C."""
    # The signal comes by way of another process.
    slow_place.emulator.settings = Settings(job_seconds=0.3)
    arguments = [*ARGUMENTS, "--log-file", "run.log", "-v"]
    with slow_place.start(*arguments, code=HANGING_UP, stdout=None, stderr=None) as process:
        code = process.wait(SECONDS)

    assert code == 128 + signal.SIGHUP
    log = (slow_place.folder / "run.log").read_text()
    assert "error: stopped on request; everything in flight is recorded" in log
    assert slow_place.ledger_runs()[0]["exitCode"] == 129
    assert set(slow_place.states().values()) <= {"success", "submitted"}
    assert slow_place.run("videos").code == 0
    check(slow_place)
