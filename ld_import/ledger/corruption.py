"""Errors of SQLite and the file system, and checks for damage, reported as LedgerError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ld_import.errors import LedgerError

DAMAGED = (
    "replace it with a backup; or move it away and import again: items the server already has are"
    " then reported as skipped, not created twice (move the file with the same name and the ending"
    " -wal together with it)"
)
DAMAGE_WORDS = ("not a database", "malformed", "corrupt", "decode to UTF-8", "no such table")


class CorruptValue(sqlite3.DatabaseError):
    """A value that SQLite can read but no ledger can contain: its bytes were changed."""


@contextmanager
def ledger_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite and the file system as LedgerError with a hint for the case."""
    try:
        yield
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error
    except OSError as error:
        raise LedgerError(f"the ledger {path} cannot be opened: {error.strerror}") from error


def ledger_error(path: Path, error: sqlite3.Error) -> LedgerError:
    """Return the LedgerError for an error of SQLite, with a hint for the case."""
    message = str(error)
    if "full" in message or "disk I/O" in message:
        return LedgerError(
            f"the ledger {path} cannot be written: {message}",
            hint="free space on its disk, then run the same command again; it continues",
        )
    if isinstance(error, CorruptValue) or any(words in message for words in DAMAGE_WORDS):
        return LedgerError(f"the ledger {path} is damaged: {message}", hint=DAMAGED)
    if "locked" in message:
        return LedgerError(
            f"the ledger {path} is locked by another program",
            hint="close the program that has it open, then run the same command again",
        )
    return LedgerError(f"the ledger {path} cannot be used: {message}")


def check_pages(db: sqlite3.Connection, *, is_thorough: bool) -> None:
    """Read every page; raise CorruptValue at the first damaged one.

    A thorough check also compares the indexes with their rows, and takes six times as long.
    """
    name = "integrity_check" if is_thorough else "quick_check"
    (report,) = db.execute(f"PRAGMA {name}(1)").fetchone()
    if report != "ok":
        # Its first line only names the database.
        raise CorruptValue(report.splitlines()[-1])


def check_size(db: sqlite3.Connection, byte_count: int) -> None:
    """Raise CorruptValue if a file without a write-ahead log ends within a page."""
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    if byte_count % page_bytes:
        raise CorruptValue("its end is missing")
