"""The start of the program: a Ctrl-C before a command handles it, and one after its end."""

from __future__ import annotations

import signal
import subprocess
import sys
from importlib import import_module
from typing import ForwardRef

import pytest

from ld_import import __main__ as start


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Restore the handler of Ctrl-C, and leave the garbage collector of the tests alone."""
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(start, "leave_quickly", lambda: None)
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


def test_exit_collects_nothing():
    """Objects that are left at the end are not searched for garbage; exit handlers run."""
    script = (
        "import atexit, gc, sys; from ld_import.__main__ import run;"
        " atexit.register(lambda: print(gc.get_freeze_count() > 10_000));"
        " sys.argv = ['ld-import', '--version']; run()"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["True"]


def test_typing_is_loaded_after_the_collector_is_rare():
    """Nothing with many objects is loaded before `start_quickly`."""
    script = (
        "import sys; before = 'typing' in sys.modules; import ld_import.__main__;"
        " print(before == ('typing' in sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout == "True\n"


@pytest.mark.parametrize("name", ["model", "events"])
def test_values_have_evaluated_annotations(name):
    """The many named tuples of a start have types as annotations, not texts to compile."""
    values = vars(import_module(f"ld_import.{name}")).values()
    annotations = [one.__annotations__ for one in values if hasattr(one, "_fields")]

    assert annotations
    assert not [text for types in annotations for text in types.values() if is_text(text)]


def is_text(annotation):
    """Return whether an annotation has to be evaluated."""
    return isinstance(annotation, str | ForwardRef)
