"""A ledger removed or replaced during a run: exit 9, and no request is unrecorded or lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from ld_import.errors import LedgerError, LedgerLocked
from ld_import.events import Settled
from ld_import.ledger import SqliteLedger, exclusive
from tests.harness.crashing import Fuse
from tests.harness.program import crash
from tests.harness.records import names, videos
from tests.makers import TARGET

POST = "POST import/videos"
ITEMS = 4


def remove(path):
    path.unlink()


def remove_all(path):
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def remove_folder(path):
    shutil.rmtree(path.parent)


def rename(path):
    path.rename(path.with_name("old.sqlite3"))


def replace(path):
    """Replace the ledger by an older copy, like a restored backup."""
    copy = path.with_name("backup")
    shutil.copy(path, copy)
    copy.replace(path)


def after(count, change, path):
    """Return a listener that changes the ledger's files after a number of settled batches."""
    left = [count]

    def listen(event):
        if isinstance(event, Settled):
            left[0] -= 1
            if left[0] == 0:
                change(path)

    return listen


def put_back(path):
    """Restore the ledger, following the hint."""
    (rescued,) = path.parent.glob("*.rescued")
    rescued.replace(path)


@pytest.mark.parametrize("change", [remove, remove_all, remove_folder, rename, replace])
@pytest.mark.parametrize("count", [2, ITEMS])
def test_ledger_lost_under_a_run(program, change, count):
    """The loss is found before the next request or at the end; a copy keeps all records."""
    program.write(videos(ITEMS))
    listen = after(count, change, program.ledger_path)

    with pytest.raises(LedgerError, match="while this run was using it") as raised:
        program.run(batch_size=1, parallel=1, on_event=listen)
    sent = program.emulator.requests[POST]
    put_back(program.ledger_path)

    assert raised.value.exit_code == 9
    assert f"{program.ledger_path}.rescued: move it to" in raised.value.hint
    assert sent == count
    assert set(program.states().values()) == {"success"}
    assert len(program.states()) == count
    assert program.run().exit_code == 0
    assert program.emulator.requests[POST] - sent <= ITEMS - count
    program.check_identities(names(ITEMS))


def test_batches_in_flight_are_saved_with_their_outcomes(program):
    """Outcomes after the loss was found are in the copy, too."""
    program.write(videos(ITEMS))
    listen = after(2, remove, program.ledger_path)

    with pytest.raises(LedgerError):
        program.run(batch_size=1, parallel=4, on_event=listen)
    put_back(program.ledger_path)

    assert set(program.states().values()) == {"success"}
    assert len(program.states()) == program.emulator.requests[POST]


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_log_removed_under_a_run(program, ending):
    """A deleted log ends the run, since a crash would lose its commits."""
    program.write(videos(ITEMS))
    log = program.ledger_path.with_name(program.ledger_path.name + ending)

    with pytest.raises(LedgerError, match=f"{ending}, which belongs to the ledger"):
        program.run(batch_size=1, parallel=1, on_event=after(2, remove, log))

    assert program.emulator.requests[POST] == 2
    assert set(program.states().values()) == {"success"}
    assert program.run().exit_code == 0
    program.check_identities(names(ITEMS))


def test_copy_that_cannot_be_made(program):
    """If no copy can be written, the hint says so; the next run looks up what arrived."""
    program.write(videos(ITEMS))

    def leave_a_file(path):
        shutil.rmtree(path.parent)
        path.parent.write_text("no folder")

    with pytest.raises(LedgerError, match="was removed") as raised:
        listen = after(2, leave_a_file, program.ledger_path)
        program.run(batch_size=1, parallel=1, on_event=listen)
    program.ledger_path.parent.unlink()

    assert "could not be saved" in raised.value.hint
    assert program.run().exit_code == 0
    program.check_identities(names(ITEMS))


def test_second_run_through_a_hard_link(program, tmp_path):
    """A hard link to a held ledger is held, too, whenever it was made."""
    program.write(videos(ITEMS))
    program.run()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link = folder / "link.sqlite3"
    os.link(program.ledger_path, link)

    with exclusive(program.ledger_path), pytest.raises(LedgerLocked, match="hard link") as raised:
        exclusive(link).__enter__()
    assert raised.value.exit_code == 10
    with exclusive(link), pytest.raises(LedgerLocked, match="hard link"):
        exclusive(program.ledger_path).__enter__()


def test_hard_link_to_a_ledger_made_in_this_run(tmp_path):
    """A first run holds the ledger as soon as the file exists."""
    path, link = tmp_path / "a" / "ledger.sqlite3", tmp_path / "link.sqlite3"
    with exclusive(path) as hold_links:
        SqliteLedger(path, TARGET).close()
        hold_links()
        os.link(path, link)
        with pytest.raises(LedgerLocked, match="hard link"):
            exclusive(link).__enter__()


def test_rows_in_the_log_of_another_name(program, tmp_path):
    """After a kill the log is beside one name; runs through other names are refused."""
    program.write(videos(ITEMS))
    program.run(limit=1)
    path, link = program.ledger_path, tmp_path / "link.sqlite3"
    log = path.with_name(f"{path.name}-wal")
    os.link(path, link)
    # An open connection keeps the log.
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT count(*) FROM item").fetchone()
        assert crash(program, commits=Fuse(6), batch_size=1)
        killed, rows = path.read_bytes(), log.read_bytes()
    path.write_bytes(killed)
    log.write_bytes(rows)

    with pytest.raises(LedgerError, match="under another name") as raised:
        SqliteLedger(link, TARGET)
    assert "--ledger" in raised.value.hint
    assert program.run().exit_code == 0
    SqliteLedger(link, TARGET).close()
    program.check_identities(names(ITEMS))
