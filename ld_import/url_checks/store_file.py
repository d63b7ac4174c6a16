"""The file with the results of URL checks: created private, checked before it is used."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ld_import.atomic_file import replacing_by_path
from ld_import.errors import LedgerError
from ld_import.ledger.ownership import make_folder

FILE_NAME = "url-checks.sqlite3"
SCHEMA = Path(__file__).with_name("schema.sql")
# `ldic`: marks a file as one of this program.
APPLICATION_ID = 0x6C646963
VERSION = 1
BUSY_TIMEOUT_SECONDS = 10.0
ROOT = 0
REMOVE = "remove it, and all URLs are asked again"
DAMAGE_WORDS = ("not a database", "malformed", "corrupt", "decode to UTF-8", "no such")


class CorruptResult(sqlite3.DatabaseError):
    """A value that no URL check could have written."""


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite and the file system as LedgerError that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _error_from(path, error) from error
    except OSError as error:
        raise LedgerError(
            f"the file with results of URL checks {path} cannot be opened: {error.strerror}",
            hint="make its folder writable, or copy the manifest to another folder",
        ) from error


def open_store(path: Path) -> sqlite3.Connection:
    """Open the file, or create it for its owner only. Raises LedgerError."""
    with store_errors(path):
        file = Path(os.path.realpath(path))
        if file.is_dir():
            raise LedgerError(f"{path} is a folder, not a file of URL checks", hint="rename it")
        _check_owner(path)
        if not file.exists():
            make_folder(file.parent)
            with replacing_by_path(file) as temporary:
                _fill(temporary)
        return _opened(file, path)


def _opened(file: Path, path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{file.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS
    )
    try:
        # https://www.sqlite.org/security.html#untrusted_sqlite_database_files
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA cell_size_check = ON")
        _check_schema(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the last results, which are then asked again.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA temp_store = FILE")
        db.execute("PRAGMA temp.cache_size = -8192")
    except BaseException:
        db.close()
        raise
    return db


def _fill(file: Path) -> None:
    db = sqlite3.connect(file)
    try:
        db.executescript(SCHEMA.read_text(encoding="utf-8"))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.commit()
    finally:
        db.close()


def _check_schema(db: sqlite3.Connection, path: Path) -> None:
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if mark != APPLICATION_ID:
        raise LedgerError(f"{path} was not written by ld-import", hint="move it to another folder")
    if version > VERSION:
        raise LedgerError(
            f"{path} was written by a newer ld-import (schema {version}, this one knows {VERSION})",
            hint=f"update ld-import; or {REMOVE}",
        )
    # A trigger or view of another program could change results.
    found = [row[0] for row in db.execute("SELECT sql FROM sqlite_schema")]
    if [_normal(text or "") for text in found] != [_normal(_definition())]:
        raise LedgerError(f"the tables of {path} are not those of this program", hint=REMOVE)


def _definition() -> str:
    text = SCHEMA.read_text(encoding="utf-8")
    return text[text.index("CREATE") :].rstrip().rstrip(";")


def _normal(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", text)).strip()


def _check_owner(path: Path) -> None:
    """Raise LedgerError if the file or its folder belongs to another user, except root."""
    user = os.geteuid()
    for checked in (path.parent, path):
        for follow in (False, True):
            try:
                owner = checked.stat(follow_symlinks=follow).st_uid
            except OSError:
                continue
            if user != ROOT and owner not in (user, ROOT):
                raise LedgerError(
                    f"{checked} belongs to another user (uid {owner}), whose results are not used",
                    hint="become its owner, or copy the manifest to a folder of your own",
                )


def _error_from(path: Path, error: sqlite3.Error) -> LedgerError:
    name, message = f"the file with results of URL checks {path}", str(error)
    if "full" in message or "disk I/O" in message:
        return LedgerError(
            f"{name} cannot be written: {message}",
            hint="free space on its disk and in the folder for temporary files, then run the same"
            " command again; it continues",
        )
    if "locked" in message:
        return LedgerError(
            f"{name} is locked by another program",
            hint="wait for the other program to end, then run the same command again",
        )
    if "readonly" in message or "unable to open" in message:
        return LedgerError(
            f"{name} cannot be written", hint="make the file and its folder writable"
        )
    if isinstance(error, CorruptResult) or any(words in message for words in DAMAGE_WORDS):
        return LedgerError(f"{name} is damaged: {message}", hint=REMOVE)
    return LedgerError(f"{name} cannot be used: {message}", hint=REMOVE)
