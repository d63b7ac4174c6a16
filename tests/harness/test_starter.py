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
