"""The lock: one run per ledger."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import replace
from time import monotonic

import pytest

from ld_import.errors import LedgerError, LedgerLocked
from ld_import.ledger import exclusive
from tests.makers import make_start

HOLD = (
    "import sys; from pathlib import Path; from ld_import.ledger import exclusive\n"
    "from tests.makers import make_start\n"
    "with exclusive(Path(sys.argv[1]), make_start()):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def holder(tmp_path, starter):
    """Return another process that holds the ledger."""
    path = str(tmp_path / "ledger.sqlite3")
    with starter.start([path], code=HOLD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_second_holder_is_refused_at_once(tmp_path, holder):
    """A second run does not wait; the error says what to do."""
    started = monotonic()

    with pytest.raises(LedgerLocked, match="another run holds the ledger") as raised:
        exclusive(tmp_path / "ledger.sqlite3").__enter__()
    assert monotonic() - started < 0.5
    assert raised.value.exit_code == 10
    assert "wait for the other run" in raised.value.hint


def test_killed_run_does_not_hold_the_lock(tmp_path, holder):
    """A killed run does not hold the lock."""
    holder.kill()
    holder.wait()

    with exclusive(tmp_path / "ledger.sqlite3"):
        pass


def test_finished_run_does_not_hold_the_lock(tmp_path, holder):
    """A finished run does not hold the lock."""
    holder.stdin.close()
    assert holder.wait() == 0

    with exclusive(tmp_path / "ledger.sqlite3"):
        pass


def test_lock_is_given_back_after_an_error(tmp_path):
    """The lock is released after an error as well."""
    path = tmp_path / "ledger.sqlite3"

    with pytest.raises(ZeroDivisionError), exclusive(path):
        _ = 1 / 0
    with exclusive(path):
        pass


def test_holder_is_named(tmp_path, holder):
    """The error names process, host, start and command of the run that holds the ledger."""
    with pytest.raises(LedgerLocked) as raised:
        exclusive(tmp_path / "ledger.sqlite3").__enter__()

    words = "(process 1 on here since 2026-11-21T01:00:00Z: ld-import videos)"
    assert str(raised.value).endswith(f"ledger.sqlite3 {words}")


def test_killed_run_is_not_named(tmp_path, holder):
    """The error never names a killed run instead of the run that holds the ledger."""
    holder.kill()
    holder.wait()
    path = tmp_path / "ledger.sqlite3"

    with exclusive(path), pytest.raises(LedgerLocked) as raised:
        exclusive(path).__enter__()
    assert str(raised.value).endswith(f"(process {os.getpid()} on {socket.gethostname()})")


def test_refused_run_leaves_the_note(tmp_path, holder):
    """Every refused run gets the same message."""
    refusals = set()
    for _ in range(3):
        with pytest.raises(LedgerLocked) as raised:
            exclusive(tmp_path / "ledger.sqlite3", make_start(run_id="other")).__enter__()
        refusals.add(str(raised.value))

    assert len(refusals) == 1


def test_any_command_can_be_named(tmp_path):
    """A command of any length and with any bytes can be stored in the note."""
    path = tmp_path / "ledger.sqlite3"
    start = replace(make_start(), command="ld-import \udcff ü " + "x" * 1_000_000)

    with exclusive(path, start), pytest.raises(LedgerLocked, match="ld-import") as raised:
        exclusive(path).__enter__()
    assert len(str(raised.value)) < 100_000


def test_links_to_a_ledger_share_its_lock(tmp_path):
    """Two paths of one ledger share one lock."""
    (tmp_path / "link.sqlite3").symlink_to(tmp_path / "ledger.sqlite3")

    with exclusive(tmp_path / "ledger.sqlite3"), pytest.raises(LedgerLocked):
        exclusive(tmp_path / "link.sqlite3").__enter__()


def test_two_ledgers_are_two_locks(tmp_path):
    """Runs with different ledgers do not block each other."""
    first, second = exclusive(tmp_path / "a.sqlite3"), exclusive(tmp_path / "b.sqlite3")

    with first, second, pytest.raises(LedgerLocked, match=r"a\.sqlite3"):
        exclusive(tmp_path / "a.sqlite3").__enter__()


def test_lock_makes_no_ledger(tmp_path):
    """Locking a missing ledger creates only its folder, lock and note, which are private."""
    path = tmp_path / "new" / "ledger.sqlite3"

    with exclusive(path):
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert modes == {"ledger.sqlite3.lock": 0o600, "ledger.sqlite3.holder": 0o600}


def test_lock_that_cannot_be_made(tmp_path):
    """If locking fails, the ledger is reported as unusable, not as held by another run."""
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(LedgerError, match="cannot be locked") as raised:
        exclusive(tmp_path / "file" / "ledger.sqlite3").__enter__()
    assert not isinstance(raised.value, LedgerLocked)
    assert "--ledger" in raised.value.hint


@pytest.mark.parametrize("name", ["ledger.sqlite3.lock", "ledger.sqlite3.holder"])
@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.symlink_to("/elsewhere")]
)
def test_something_else_in_place_of_the_lock(tmp_path, name, make):
    """A folder or link in place of the lock file is neither locked nor followed."""
    make(tmp_path / name)

    with pytest.raises(LedgerError, match="cannot be locked"):
        exclusive(tmp_path / "ledger.sqlite3").__enter__()


def test_lock_on_a_full_disk(tmp_path, starter):
    """A run that cannot write its note does not hold the ledger."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from ld_import.errors import LedgerError; from ld_import.ledger import exclusive\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
        "try: exclusive(Path(sys.argv[1])).__enter__()\n"
        "except LedgerError as error: print(error.exit_code, error, error.hint)\n"
    )
    path = tmp_path / "ledger.sqlite3"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with starter.start([str(path)], code=code, **pipes) as process:
        out, err = process.communicate()

    assert out.startswith(b"9 the ledger"), err
    assert b"disk has free space" in out
    with exclusive(path):
        pass
