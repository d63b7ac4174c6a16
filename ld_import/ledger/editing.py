"""Changes of a ledger by hand: in one transaction, under the lock of a run, or on a copy.

SQLite gives the highest numbers of deleted rows away again, so that no row may refer to a number
that is free: see `release_numbers`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ld_import.errors import LedgerError
from ld_import.ledger.connect import connect, transaction
from ld_import.ledger.corruption import ledger_errors
from ld_import.ledger.lock import exclusive
from ld_import.ledger.migrations import free_name, write_copy
from ld_import.tempdir import sqlite_folder, temp_space_error

RELEASE_BATCHES = """
UPDATE {} SET last_batch_id = (SELECT coalesce(max(batch_id), 0) FROM batch)
WHERE last_batch_id > (SELECT coalesce(max(batch_id), 0) FROM batch)
"""


@contextmanager
def editing(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold and open an existing ledger. Raises LedgerLocked and LedgerError."""
    if not path.exists():
        raise LedgerError(f"the ledger {path} does not exist", hint="check the path")
    with exclusive(path), closing(connect(path, read_only=False)) as db, ledger_errors(path):
        yield db


@contextmanager
def rehearsing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a temporary copy of a ledger, in which a dry run makes the changes.

    Raises LedgerError, and TempSpaceError.
    """
    with closing(connect(path, read_only=True)) as db, ledger_errors(path):
        copy = sqlite3.connect("", isolation_level=None)
        with closing(copy):
            try:
                db.backup(copy)
            except sqlite3.Error as error:
                failure = "a copy of the ledger cannot be made"
                raise temp_space_error(failure, sqlite_folder(), error) from error
            yield copy


@contextmanager
def opened_to_change(path: Path, *, is_dry_run: bool) -> Iterator[sqlite3.Connection]:
    """Open a ledger, or a copy of it for a dry run."""
    with rehearsing(path) if is_dry_run else editing(path) as db:
        yield db


@contextmanager
def changes(db: sqlite3.Connection) -> Iterator[None]:
    """Make the changes of the block together: after an error or a crash there are none."""
    with transaction(db):
        yield
        release_numbers(db)


def release_numbers(db: sqlite3.Connection) -> None:
    """Lower the marks of blocks and digests to the last batch, since its number is given again.

    Otherwise the next batch would count as older than a mark made before it.
    """
    db.execute(RELEASE_BATCHES.format("block"))
    db.execute(RELEASE_BATCHES.format("digest_note"))


def copy_beside(db: sqlite3.Connection, path: Path, ending: str) -> Path:
    """Copy a ledger to an unused name beside it, readable by its owner only."""
    copy = free_name(Path(os.path.realpath(path)), ending)
    write_copy(db, copy)
    return copy
