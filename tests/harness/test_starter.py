"""Programs that tests start: independent of the order of the tests, and gone after each of them."""

from __future__ import annotations

import signal
from contextlib import closing

import pytest

from tests.harness.starter import Starter

ENDLESS = "import signal\nsignal.pause()\n"


def test_failed_test_ends_its_program(starter):
    """A test that fails while its program runs does not wait for the program."""
    with pytest.raises(ZeroDivisionError), starter.start([], code=ENDLESS) as program:
        raise ZeroDivisionError

    assert program.returncode == -signal.SIGKILL


def test_signal_to_a_program_that_has_just_ended(starter, monkeypatch):
    """As with `Popen`, a program may end between the look at it and the signal."""
    with starter.start([], code="") as program:
        program.wait()
        monkeypatch.setattr(program, "poll", lambda: None)

        program.send_signal(0)


def test_first_program_has_a_strange_environment(monkeypatch):
    """Variables that a test sets for its program do not disturb the process that forks it."""
    monkeypatch.setenv("LD_IMPORT_CONFIG", "nowhere.yaml")

    with closing(Starter()) as starter, starter.start([], code="") as program:
        assert program.wait() == 0
