"""Crashes of changes to a ledger: at each statement, as if the process was killed there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count

from ld_import.ledger import editing
from ld_import.ledger.connect import connect
from tests.harness.crashing import Crash, Fuse

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class CrashingConnection:
    """A connection with an event before each statement; a transaction in progress is lost."""

    def __init__(self, db, fuse):
        self._db = db
        self._fuse = fuse

    def __getattr__(self, name):
        member = getattr(self._db, name)
        if name not in ("execute", "executemany"):
            return member

        def executed(*arguments):
            self._fuse.burn()
            return member(*arguments)

        return executed


def rows_of(path):
    """Return all rows of all tables."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = [name for (name,) in db.execute(TABLES)]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def crash_everywhere(path, change, monkeypatch):
    """Stop a change before each of its statements: the ledger is as before, or as after."""
    content, before = path.read_bytes(), rows_of(path)
    change(path)
    after = rows_of(path)
    seen = []
    for at in count(1):
        path.write_bytes(content)
        fuse = Fuse(at)
        monkeypatch.setattr(
            editing,
            "connect",
            lambda path, read_only, fuse=fuse: CrashingConnection(
                connect(path, read_only=read_only), fuse
            ),
        )
        try:
            change(path)
        except Crash:
            seen.append(rows_of(path))
            continue
        break
    assert before in seen
    # Only statements after the commit, such as VACUUM, find the result.
    assert [rows for rows in seen if rows not in (before, after)] == []
    assert rows_of(path) == after != before
