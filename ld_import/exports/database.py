"""A SQLite file with the items of a ledger; its tables and views are in `database.sql`.

It has no hashes, and only what `ledger export` shows: a copy to hand to others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

from ld_import.errors import UsageError
from ld_import.exports.columns import COLUMNS

APPLICATION_ID = 0x4C644978  # "LdIx"
INSERT = f"INSERT INTO items VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 (constants)
INDEXES = """
CREATE INDEX items_externalId ON items (externalId);
CREATE INDEX items_mediaId ON items (mediaId);
CREATE INDEX items_url ON items (url);
"""


def write_database(path: Path, rows: Iterable[Mapping[str, Any]], about: Mapping[str, str]) -> None:
    """Write a database into an existing empty file that no other process has open.

    Raises UsageError if the file cannot be written, and the errors of `rows`.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            _write(db, rows, about)
    except sqlite3.Error as error:
        hint = "name another file with --output, or free disk space"
        raise UsageError(f"the database cannot be written: {error}", hint=hint) from None


def _write(
    db: sqlite3.Connection, rows: Iterable[Mapping[str, Any]], about: Mapping[str, str]
) -> None:
    # The file replaces another one only when it is complete.
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    schema = resources.files(__package__).joinpath("database.sql")
    db.executescript(schema.read_text(encoding="utf-8"))
    db.execute("BEGIN")
    db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
    values = (tuple(row[column] for column in COLUMNS) for row in rows)
    db.executemany(INSERT, values)
    db.execute("COMMIT")
    db.executescript(INDEXES)
