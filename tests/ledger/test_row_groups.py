"""Statements for several rows have the result of one statement for each row."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ld_import.ledger import LedgerReader
from ld_import.ledger.row_groups import GROUP, execute_for_rows, with_rows
from tests.ledger.story import next_run, send, settle

COUNTS = (0, 1, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP + 5)


@pytest.mark.parametrize("count", COUNTS)
def test_every_row_is_written_once(count):
    """The rows keep their order, and the number of rows changed is that of all statements."""
    insert = with_rows("INSERT INTO t (a, b) VALUES {rows} ON CONFLICT DO NOTHING", "(?, ?)")
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        rows = [(number, f"text {number}") for number in range(count)]

        assert execute_for_rows(db, insert, rows) == count
        assert execute_for_rows(db, insert, [*rows, (count, "new")]) == 1
        assert db.execute("SELECT * FROM t").fetchall() == [*rows, (count, "new")]


@pytest.mark.parametrize("count", COUNTS[1:])
def test_batches_of_any_size(tmp_path, count):
    """Each item of a batch is settled with its own media id; items sent again keep their rows."""
    numbers = range(1, count + 1)
    for _ in range(2):
        with closing(next_run(tmp_path)) as ledger:
            settle(ledger, send(ledger, *numbers), *numbers)
            path = ledger.path
    with LedgerReader(path) as reader:
        items = list(reader.items())
        (first,) = reader.show("v1")

    assert [(item["externalId"], item["mediaId"]) for item in items] == [
        (f"v{number}", f"m{number}") for number in numbers
    ]
    assert {(item["state"], item["attempts"]) for item in items} == {("success", 2)}
    assert [attempt["state"] for attempt in first["history"]] == ["success", "success"]
