"""One run per ledger: the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from ld_import.errors import LedgerError, LedgerLocked
from ld_import.ledger import held

ROOT = Path(__file__).resolve().parents[2]
HOLD = (
    "import sys, time; from pathlib import Path; from ld_import.ledger import held\n"
    "with held(Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def holder(tmp_path):
    """Return another process that holds the ledger."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "ledger.sqlite3")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_holder_is_refused_at_once(tmp_path, holder):
    """A second run does not wait: it learns that it is the second, and what to do."""
    started = monotonic()

    with pytest.raises(LedgerLocked, match="another run holds the ledger") as raised:
        held(tmp_path / "ledger.sqlite3").__enter__()
    assert monotonic() - started < 0.5
    assert raised.value.exit_code == 10
    assert "wait for the other run" in raised.value.hint


def test_dead_run_holds_nothing(tmp_path, holder):
    """The lock of a run killed without warning is free again."""
    holder.kill()
    holder.wait()

    with held(tmp_path / "ledger.sqlite3"):
        pass


def test_finished_run_holds_nothing(tmp_path, holder):
    """The lock ends with the run."""
    holder.stdin.close()
    assert holder.wait() == 0

    with held(tmp_path / "ledger.sqlite3"):
        pass


def test_lock_is_given_back_after_an_error(tmp_path):
    """A run that ends in an error holds the ledger no longer than one that ends well."""
    path = tmp_path / "ledger.sqlite3"

    with pytest.raises(ZeroDivisionError), held(path):
        _ = 1 / 0
    with held(path):
        pass


def test_two_ledgers_are_two_locks(tmp_path):
    """Runs with ledgers of their own do not hinder each other."""
    first, second = held(tmp_path / "a.sqlite3"), held(tmp_path / "b.sqlite3")

    with first, second, pytest.raises(LedgerLocked, match=r"a\.sqlite3"):
        held(tmp_path / "a.sqlite3").__enter__()


def test_lock_makes_no_ledger(tmp_path):
    """Holding a ledger that is not there yet makes its folder and the lock, private, no more."""
    path = tmp_path / "new" / "ledger.sqlite3"

    with held(path):
        assert [each.name for each in path.parent.iterdir()] == ["ledger.sqlite3.lock"]
        assert (path.parent / "ledger.sqlite3.lock").stat().st_mode & 0o777 == 0o600


def test_lock_that_cannot_be_made(tmp_path):
    """Where no lock can be, the ledger is unusable, not held by another."""
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(LedgerError, match="cannot be locked") as raised:
        held(tmp_path / "file" / "ledger.sqlite3").__enter__()
    assert not isinstance(raised.value, LedgerLocked)
