"""Opening the file of a ledger: created atomically and private, in WAL mode, schema checked.

Errors of SQLite are raised as LedgerError.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from ld_import.atomic_file import replacing_by_path
from ld_import.errors import LedgerError
from ld_import.ledger.corruption import check_pages, check_size, ledger_errors
from ld_import.ledger.file_watch import identity_of
from ld_import.ledger.hard_links import check_name
from ld_import.ledger.migrations import (
    SCHEMA,
    Schema,
    filling,
    upgrade,
    upgraded_copy,
    version_of,
)
from ld_import.ledger.ownership import make_folder
from ld_import.ledger.schema_check import check_definitions

BUSY_TIMEOUT_SECONDS = 5.0
# A file of this size (50,000 items) is checked thoroughly in 0.2 s, before every run. A million
# items take 4 s, or 0.8 s for the pages alone: a larger file is checked after a killed run only.
QUICKLY_CHECKED_BYTES = 16 * 1024 * 1024


Opened = TypeVar("Opened", bound=sqlite3.Connection)


def connect(path: Path, *, read_only: bool, schema: Schema = SCHEMA) -> sqlite3.Connection:
    """Open the ledger at `path` and check that this program can use it.

    For writing, a missing ledger is created (readable by its owner only) and an older one is
    migrated. `read_only` changes nothing: a missing ledger is an empty one in memory, and an older
    one is migrated in a temporary copy. Raises LedgerError.
    """
    with ledger_errors(path):
        if path.is_dir():
            raise LedgerError(f"{path} is a folder, not a ledger", hint="name a file with --ledger")
        if not read_only:
            return _connect_writing(path, schema)
        if not path.exists():
            return _empty(schema)
        return _connect_reading(path, schema)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit the block atomically; roll back if it raises."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _connect_writing(path: Path, schema: Schema) -> sqlite3.Connection:
    file = _real(path)
    if not file.exists():
        _create(file, schema)
    # A run that ended normally removed its log.
    is_clean, byte_count = not has_log(file), file.stat().st_size
    identity = identity_of(file)
    with opened(f"{file.as_uri()}?mode=rw") as db:
        # Before any change: the file may belong to another program.
        version = checked_version(db, path, schema)
        if identity_of(file) != identity:
            raise LedgerError(f"the ledger {path} was replaced while it was being opened")
        db.execute("PRAGMA journal_mode = WAL")
        # A returned commit must survive a power cut: it decides which items are sent again.
        db.execute("PRAGMA synchronous = FULL")
        if is_clean:
            check_size(db, byte_count)
            check_name(db, file)
        is_small = byte_count <= QUICKLY_CHECKED_BYTES
        if is_small or not is_clean:
            check_pages(db, is_thorough=is_small)
        if version < schema.version:
            upgrade(db, file, schema)
    return db


def _connect_reading(path: Path, schema: Schema) -> sqlite3.Connection:
    file = _real(path)
    uri = f"{file.as_uri()}?mode=ro"
    try:
        return _read(uri, path, schema, file)
    except sqlite3.OperationalError as error:
        # In a read-only folder SQLite cannot create the files it shares with a writer. They are not
        # needed unless a killed writer left rows in its log.
        if "locked" in str(error) or has_log(file):
            raise
        return _read(f"{uri}&immutable=1", path, schema, file)


def _read(uri: str, path: Path, schema: Schema, file: Path) -> sqlite3.Connection:
    with _opened_as(ReadingConnection, uri) as db:
        db.file = file
        if checked_version(db, path, schema) == schema.version:
            return db
    with closing(db):
        return upgraded_copy(db, schema)


class ReadingConnection(sqlite3.Connection):
    """A read-only connection to `file` that leaves no empty `-wal` and no `-shm` beside it.

    SQLite creates both for a reader, and only a connection that may write removes them. A log with
    rows remains: it belongs to a writer, or shows that one was killed.
    """

    file: Path | None = None

    def close(self) -> None:
        """Close the file; safe to call again."""
        super().close()
        file, self.file = self.file, None
        if file is not None and _log(file).exists() and not has_log(file):
            _remove_empty_log(file)


def _remove_empty_log(file: Path) -> None:
    # SQLite removes it under its own locks, and only if no other connection uses the ledger. Only
    # its shared memory is written to.
    with suppress(sqlite3.Error, OSError), opened(f"{file.as_uri()}?mode=rw") as db, closing(db):
        db.execute("PRAGMA busy_timeout = 0")
        db.execute("PRAGMA query_only = ON")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()


@contextmanager
def opened(uri: str) -> Iterator[sqlite3.Connection]:
    """Open a database; close it only if the block raises."""
    with _opened_as(sqlite3.Connection, uri) as db:
        yield db


@contextmanager
def _opened_as(factory: type[Opened], uri: str) -> Iterator[Opened]:
    db = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS, factory=factory
    )
    try:
        _distrust(db)
        yield db
    except BaseException:
        db.close()
        raise


def _distrust(db: sqlite3.Connection) -> None:
    """Disable everything a file could execute.

    See https://www.sqlite.org/security.html#untrusted_sqlite_database_files.
    """
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")
    # Needs Python 3.12.
    configure: Any = getattr(db, "setconfig", None)
    if configure is not None:
        configure(getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE", 1010), True)


def _create(file: Path, schema: Schema) -> None:
    """Create an empty ledger atomically."""
    check_missing(file)
    make_folder(file.parent)
    with replacing_by_path(file) as temporary, filling(temporary) as db:
        schema.create(db)


def check_missing(path: Path) -> None:
    """Raise LedgerError if a ledger is missing, but not its log."""
    file = _real(path)
    if has_log(file):
        # SQLite would apply the rows of that log to the new file.
        log_name = _log(file).name
        raise LedgerError(
            f"the ledger {file} is missing, but not its log {log_name}",
            hint=f"restore the ledger beside it, or move {log_name} to the folder of the ledger",
        )


def _empty(schema: Schema) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db)
    return db


def checked_version(db: sqlite3.Connection, path: Path, schema: Schema = SCHEMA) -> int:
    """Return the schema version. Raises LedgerError unless this program can use the ledger."""
    version = version_of(db)
    if version > schema.version:
        raise LedgerError(
            f"the ledger {path} was written by a newer ld-import (schema {version}, this one"
            f" knows {schema.version})",
            hint="update ld-import, or name another file with --ledger",
        )
    if version < 1:
        is_empty = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        kind = "an empty file" if is_empty else "an SQLite database"
        raise LedgerError(
            f"{path} is {kind}, not a ledger",
            hint="name another file with --ledger; if this was your ledger, replace it with a"
            " backup",
        )
    check_definitions(db, path, schema, version)
    return version


def has_log(file: Path) -> bool:
    """Return whether a writer is active, or was killed: its log has rows."""
    log = _log(file)
    return log.exists() and log.stat().st_size > 0


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _real(path: Path) -> Path:
    # SQLite keeps its other files beside the target of symbolic links.
    return Path(os.path.realpath(path))
