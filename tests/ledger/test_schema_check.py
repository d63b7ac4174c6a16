"""A ledger with foreign definitions is refused before any of them can run."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ld_import.errors import LedgerError
from ld_import.ledger import LedgerReader
from ld_import.ledger.connect import connect
from ld_import.ledger.migrations import FIRST, SCHEMA, Schema
from ld_import.ledger.schema_check import check_definitions
from tests.ledger.story import next_run, send, settle
from tests.makers import make_ledger

FOREIGN = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON batch BEGIN DELETE FROM item; END",
    "view": "CREATE VIEW v AS SELECT * FROM item",
    "table": "CREATE TABLE bookmarks (url TEXT)",
    "virtual table": "CREATE VIRTUAL TABLE words USING fts5(text)",
    "index": "CREATE INDEX i ON item (url_end)",
    "expression": "CREATE INDEX e ON item (abs(line))",
    "column": "ALTER TABLE run ADD COLUMN note TEXT DEFAULT ''",
}


@pytest.fixture
def path(tmp_path):
    """Return a ledger with a recorded batch."""
    ledger = make_ledger(tmp_path)
    settle(ledger, send(ledger, 1), 1)
    ledger.close()
    return tmp_path / "ledger.sqlite3"


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=FOREIGN)
def test_foreign_definitions_are_refused(path, statement):
    """Neither a run nor a query opens it; the message names the definition."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
    before = path.read_bytes()

    for open_it in (lambda: next_run(path.parent), lambda: LedgerReader(path)):
        with pytest.raises(LedgerError, match="which ld-import did not create") as raised:
            open_it()
        assert raised.value.exit_code == 9
        assert "--ledger" in raised.value.hint
    assert path.read_bytes() == before


def test_changed_definition_is_refused(path):
    """A table with a known name and another definition is foreign, too."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'job_state TEXT',"
            " 'job_state TEXT CHECK (abs(batch_id))') WHERE name = 'batch'"
        )
        db.commit()

    with pytest.raises(LedgerError, match="the table 'batch', which"):
        connect(path, read_only=True)


def test_hidden_definition_is_refused(path):
    """A trigger is found under any type in the list of definitions."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        values = ("index", "sqlite_autoindex_item_9", "item", 0, FOREIGN["trigger"])
        db.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", values)
        db.commit()

    with pytest.raises(LedgerError):
        connect(path, read_only=True)


def test_statistics_are_not_foreign(path):
    """The tables of ANALYZE, which a user may run, are accepted."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("ANALYZE")
        db.commit()

    next_run(path.parent).close()


def test_file_is_not_trusted(path):
    """The schema cannot call functions with side effects, if SQLite supports that check."""
    with closing(connect(path, read_only=False)) as db:
        assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert db.execute("PRAGMA cell_size_check").fetchone() == (1,)


@pytest.mark.parametrize("version", range(1, SCHEMA.version + 1))
def test_older_ledgers_are_ours(tmp_path, version):
    """Ledgers of every version, new or migrated, have no foreign definitions."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(FIRST)
        for step in SCHEMA.steps[: version - 1]:
            db.executescript(step)
        check_definitions(db, tmp_path, SCHEMA, version)


def test_comments_and_blanks_do_not_matter(tmp_path):
    """Definitions with other comments and white space are equal."""
    schema = Schema("CREATE TABLE a (b TEXT, c TEXT DEFAULT '--')")
    for text, is_ours in (
        ("CREATE TABLE a (\n  b TEXT, -- first\n  c TEXT /* second */ DEFAULT '--'\n)", True),
        ("CREATE TABLE a (b TEXT, c TEXT DEFAULT '')", False),
        ("CREATE TABLE a (b TEXT, c TEXT DEFAULT '--'/*", False),
    ):
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
            db.executescript(text if is_ours else text.replace("/*", ") STRICT"))
            if is_ours:
                check_definitions(db, tmp_path, schema, 1)
                continue
            with pytest.raises(LedgerError, match="did not create"):
                check_definitions(db, tmp_path, schema, 1)
