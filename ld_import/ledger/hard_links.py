"""Hard links: only one of the names of a ledger has the write-ahead log with its last rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ld_import.errors import LedgerError

LAST_RUN = "SELECT ended_at FROM run ORDER BY run_number DESC LIMIT 1"


def has_links(file: Path) -> bool:
    """Return whether a file has more than one name."""
    return file.stat().st_nlink > 1


def check_name(db: sqlite3.Connection, file: Path) -> None:
    """Raise LedgerError if a killed run may have left a log beside another name of the file.

    `file` has no log. SQLite derives the name of the log from the path by which it opened the
    file, see https://www.sqlite.org/howtocorrupt.html#multiple_links.
    """
    last = db.execute(LAST_RUN).fetchone() if has_links(file) else None
    if last is not None and last[0] is None:
        raise LedgerError(
            f"the last run over the ledger {file} was killed, and the file has several names (hard"
            " links): if it was opened under another name, its last rows are in the log beside that"
            " name",
            hint="run once with the name used then (--ledger); to remove the other names, replace"
            " the file with a copy of it",
        )


def publish_start(db: sqlite3.Connection, file: Path) -> None:
    """Write the start of a run to the file itself, so that it is visible under every name."""
    if has_links(file):
        db.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
