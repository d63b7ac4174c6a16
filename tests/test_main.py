"""The start of the program: a Ctrl-C before a command handles it, and one after its end."""

from __future__ import annotations

import signal

import pytest

from ld_import import __main__ as start


@pytest.fixture(autouse=True)
def restored():
    """Restore the handler of Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt_during_the_start(monkeypatch, capsys):
    """It is one line and 130, without a traceback."""

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "start_quickly", interrupted)

    with pytest.raises(SystemExit) as ended:
        start.run()

    assert ended.value.code == 130
    assert capsys.readouterr().err == "error: stopped on request\n"


def test_interrupt_after_the_end(monkeypatch):
    """It does not change the exit code of a command that has ended."""
    monkeypatch.setattr("ld_import.cli.app.main", lambda: 3)
    monkeypatch.setattr(start, "start_quickly", lambda: None)

    with pytest.raises(SystemExit) as ended:
        start.run()

    signal.raise_signal(signal.SIGINT)
    assert ended.value.code == 3
