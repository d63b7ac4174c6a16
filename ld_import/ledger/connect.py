"""Opening the ledger's file: created private, write-ahead logged, its schema checked.

Whatever SQLite complains of leaves this room as a LedgerError.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from ld_import.errors import LedgerError

SCHEMA_VERSION = 1
BUSY_TIMEOUT_SECONDS = 5.0
PRIVATE = 0o600

DAMAGED = (
    "put a backup in its place; or move it away and import again: what the server has by the"
    " same externalId is then reported as skipped, not created twice"
)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the ledger at `path` and see that it is one this program understands.

    Writing creates it (readable by its owner only) when it is missing; reading a missing one gives
    an empty ledger in memory and touches nothing. Raises LedgerError.
    """
    with ledger_errors(path):
        if path.is_dir():
            raise LedgerError(f"{path} is a folder, no ledger", hint="name a file with --ledger")
        if not read_only:
            return _connect_writing(path)
        if not path.exists():
            return _prepared(sqlite3.connect(":memory:", isolation_level=None), path)
        return _connect_reading(path)


@contextmanager
def ledger_errors(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and the file system into LedgerError with the right advice."""
    try:
        yield
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error
    except OSError as error:
        raise LedgerError(f"the ledger {path} cannot be opened: {error.strerror}") from error


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _connect_writing(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE))
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # A commit that returned must survive a power cut, too: it decides what is sent again.
        db.execute("PRAGMA synchronous = FULL")
        return _prepared(db, path)
    except BaseException:
        db.close()
        raise


def _connect_reading(path: Path) -> sqlite3.Connection:
    file = path.resolve()
    uri = f"{file.as_uri()}?mode=ro"
    try:
        return _checked(uri, path)
    except sqlite3.OperationalError as error:
        # Where the folder is read-only too, SQLite cannot make the files it shares with a writer.
        # Nothing is missed without them, unless a killed writer left rows in its log.
        if "locked" in str(error) or _has_log(file):
            raise
        return _checked(f"{uri}&immutable=1", path)


def _has_log(file: Path) -> bool:
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _checked(uri: str, path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        _check_version(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _prepared(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    if _version(db) == 0:
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LedgerError(
                f"{path} is an SQLite database, but no ledger",
                hint="name another file with --ledger",
            )
        schema = files("ld_import.ledger").joinpath("schema.sql").read_text(encoding="utf-8")
        db.executescript(
            f"BEGIN IMMEDIATE;\n{schema}\nPRAGMA user_version = {SCHEMA_VERSION};\nCOMMIT;"
        )
    _check_version(db, path)
    return db


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    version = _version(db)
    if version > SCHEMA_VERSION:
        raise LedgerError(
            f"the ledger {path} was written by a newer ld-import (schema {version}, this one"
            f" knows {SCHEMA_VERSION})",
            hint="update ld-import, or name another file with --ledger",
        )
    if version < 1:
        raise LedgerError(
            f"{path} is no ledger of ld-import", hint="name another file with --ledger"
        )


def ledger_error(path: Path, error: sqlite3.Error) -> LedgerError:
    """Say what SQLite complains of, and what to do about it."""
    words = str(error)
    if "full" in words or "disk I/O" in words:
        return LedgerError(
            f"the ledger {path} cannot be written: {words}",
            hint="make room on its disk, then run the same command again; it continues",
        )
    if "not a database" in words or "malformed" in words or "corrupt" in words:
        return LedgerError(f"the ledger {path} is damaged: {words}", hint=DAMAGED)
    if "locked" in words:
        return LedgerError(
            f"the ledger {path} is locked by another program",
            hint="close the program that has it open, then run the same command again",
        )
    return LedgerError(f"the ledger {path} cannot be used: {words}")
