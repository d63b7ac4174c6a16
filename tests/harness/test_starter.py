"""A program that a test started does not outlive the test."""

from __future__ import annotations

import signal

import pytest

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
        monkeypatch.setattr(program, "returncode", None)
        monkeypatch.setattr(program, "poll", lambda: None)
        program.kill()
        program.returncode = 0
