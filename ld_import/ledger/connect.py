"""Opening the ledger's file: made whole and private, write-ahead logged, its schema checked.

Whatever SQLite complains of leaves this room as a LedgerError.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

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
# So many bytes (50,000 items) are checked thoroughly in 0.2 s, before every run. A million items
# take 4 s, or 0.8 s for their pages alone, which is worth it only where a run did not end well.
SOON_CHECKED_BYTES = 16 * 1024 * 1024


def connect(path: Path, *, read_only: bool, schema: Schema = SCHEMA) -> sqlite3.Connection:
    """Open the ledger at `path` and see that it is one this program understands.

    Writing creates it (readable by its owner only) when it is missing, and upgrades an older one;
    reading changes nothing: a missing one is an empty ledger in memory, an older one is upgraded in
    a temporary copy. Raises LedgerError.
    """
    with ledger_errors(path):
        if path.is_dir():
            raise LedgerError(f"{path} is a folder, no ledger", hint="name a file with --ledger")
        if not read_only:
            return _connect_writing(path, schema)
        if not path.exists():
            return _empty(schema)
        return _connect_reading(path, schema)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, or nothing of it."""
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
    # A run that ended well took its log away.
    is_clean, byte_count = not _has_log(file), file.stat().st_size
    identity = identity_of(file)
    with _opened(f"{file.as_uri()}?mode=rw") as db:
        # Before anything of it is changed: it may be somebody else's.
        version = _checked_version(db, path, schema)
        if identity_of(file) != identity:
            raise LedgerError(f"the ledger {path} was replaced while it was being opened")
        db.execute("PRAGMA journal_mode = WAL")
        # A commit that returned must survive a power cut, too: it decides what is sent again.
        db.execute("PRAGMA synchronous = FULL")
        if is_clean:
            check_size(db, byte_count)
            check_name(db, file)
        is_small = byte_count <= SOON_CHECKED_BYTES
        if is_small or not is_clean:
            check_pages(db, is_thorough=is_small)
        if version < schema.version:
            upgrade(db, file, schema)
    return db


def _connect_reading(path: Path, schema: Schema) -> sqlite3.Connection:
    file = _real(path)
    uri = f"{file.as_uri()}?mode=ro"
    try:
        return _read(uri, path, schema)
    except sqlite3.OperationalError as error:
        # Where the folder is read-only too, SQLite cannot make the files it shares with a writer.
        # Nothing is missed without them, unless a killed writer left rows in its log.
        if "locked" in str(error) or _has_log(file):
            raise
        return _read(f"{uri}&immutable=1", path, schema)


def _read(uri: str, path: Path, schema: Schema) -> sqlite3.Connection:
    with _opened(uri) as db:
        if _checked_version(db, path, schema) == schema.version:
            return db
    with closing(db):
        return upgraded_copy(db, schema)


@contextmanager
def _opened(uri: str) -> Iterator[sqlite3.Connection]:
    """Open a file, and close it again only if something goes wrong."""
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        _distrust(db)
        yield db
    except BaseException:
        db.close()
        raise


def _distrust(db: sqlite3.Connection) -> None:
    """Let nothing in the file act, see https://www.sqlite.org/security.html#untrusted_sqlite_database_files."""
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")
    # Python 3.12 and later can ask for it.
    configure: Any = getattr(db, "setconfig", None)
    if configure is not None:
        configure(getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE", 1010), True)


def _create(file: Path, schema: Schema) -> None:
    """Make an empty ledger aside: whoever finds the file finds all of it."""
    if _has_log(file):
        # SQLite would play back the rows of that log into the new file.
        log_name = _log(file).name
        raise LedgerError(
            f"the ledger {file} is missing, but not its log {log_name}",
            hint=f"put the ledger back beside it; or move {log_name} to where the ledger is now",
        )
    make_folder(file.parent)
    with replacing_by_path(file) as temporary, filling(temporary) as db:
        schema.create(db)


def _empty(schema: Schema) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db)
    return db


def _checked_version(db: sqlite3.Connection, path: Path, schema: Schema) -> int:
    version = version_of(db)
    if version > schema.version:
        raise LedgerError(
            f"the ledger {path} was written by a newer ld-import (schema {version}, this one"
            f" knows {schema.version})",
            hint="update ld-import, or name another file with --ledger",
        )
    if version < 1:
        is_empty = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        what = "an empty file" if is_empty else "an SQLite database"
        raise LedgerError(
            f"{path} is {what}, but no ledger",
            hint="name another file with --ledger; if this was your ledger, put a backup in its"
            " place",
        )
    check_definitions(db, path, schema, version)
    return version


def _has_log(file: Path) -> bool:
    log = _log(file)
    return log.exists() and log.stat().st_size > 0


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _real(path: Path) -> Path:
    # SQLite keeps its other files beside the real one, whatever link leads there.
    return Path(os.path.realpath(path))
