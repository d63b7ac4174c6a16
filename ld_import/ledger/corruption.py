"""What SQLite and the file system complain of, told as LedgerError with the right advice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ld_import.errors import LedgerError

DAMAGED = (
    "put a backup in its place; or move it away and import again: what the server has by the"
    " same externalId is then reported as skipped, not created twice (a file called like it and"
    " ending in -wal belongs to it and goes with it)"
)
DAMAGE_WORDS = ("not a database", "malformed", "corrupt", "decode to UTF-8", "no such table")


class CorruptValue(sqlite3.DatabaseError):
    """A value that SQLite could read and that no ledger has: its bytes were changed."""


@contextmanager
def ledger_errors(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and the file system into LedgerError with the right advice."""
    try:
        yield
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error
    except OSError as error:
        raise LedgerError(f"the ledger {path} cannot be opened: {error.strerror}") from error


def ledger_error(path: Path, error: sqlite3.Error) -> LedgerError:
    """Say what SQLite complains of, and what to do about it."""
    words = str(error)
    if "full" in words or "disk I/O" in words:
        return LedgerError(
            f"the ledger {path} cannot be written: {words}",
            hint="make room on its disk, then run the same command again; it continues",
        )
    if isinstance(error, CorruptValue) or any(one in words for one in DAMAGE_WORDS):
        return LedgerError(f"the ledger {path} is damaged: {words}", hint=DAMAGED)
    if "locked" in words:
        return LedgerError(
            f"the ledger {path} is locked by another program",
            hint="close the program that has it open, then run the same command again",
        )
    return LedgerError(f"the ledger {path} cannot be used: {words}")


def check_pages(db: sqlite3.Connection, *, is_thorough: bool) -> None:
    """Read every page and raise Nonsense at the first that is broken.

    A thorough check holds indexes to their rows as well, and takes six times as long.
    """
    name = "integrity_check" if is_thorough else "quick_check"
    (words,) = db.execute(f"PRAGMA {name}(1)").fetchone()
    if words != "ok":
        # Its first line only names the database.
        raise CorruptValue(words.splitlines()[-1])


def check_size(db: sqlite3.Connection, byte_count: int) -> None:
    """Raise Nonsense when a file that has all its rows ends within a page."""
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    if byte_count % page_bytes:
        raise CorruptValue("its end is cut off")
