"""Redirects in a temporary database, which SQLite writes to disk when it grows.

A web server accepts a legacy URL once, nginx needs number and length of all of them first, and the
address of a stored file must not be redirected: that would be a loop, or hide the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from ld_import.exports.redirects import Redirect, old_of
from ld_import.tempdir import sqlite_folder, temp_space_error

CACHE_KIB = 2048
TABLES = """
CREATE TABLE redirect (
  number INTEGER PRIMARY KEY, key TEXT UNIQUE, old TEXT, new TEXT, external_id TEXT);
CREATE TABLE address (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""
ADD = "INSERT INTO redirect (key, old, new, external_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
ADD_ADDRESS = "INSERT INTO address VALUES (?) ON CONFLICT DO NOTHING"
OF_ADDRESSES = "FROM redirect WHERE key IN (SELECT key FROM address)"
KNOWN = "SELECT new FROM redirect WHERE key = ?"
ALL = "SELECT old, new FROM redirect ORDER BY number"
SIZES = "SELECT count(*), coalesce(max(length(old)), 0) FROM redirect"


@dataclass(frozen=True, slots=True)
class Sizes:
    """The number of redirects, and the length of the longest legacy URL."""

    count: int
    longest: int


class RedirectStore:
    """Redirects in the order they were added, one for each legacy URL: the first one wins.

    `ignores_case` for web servers that do not distinguish `/A` from `/a`.
    """

    def __init__(self, *, ignores_case: bool) -> None:
        """Open an empty database, which has no file until its cache is full."""
        self._ignores_case = ignores_case
        with _errors():
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(TABLES)
            self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Remove the temporary database."""
        self._db.close()

    def add(self, redirect: Redirect, external_id: str = "") -> bool:
        """Add a redirect; return False if its legacy URL leads to another address already."""
        key = self._key(redirect.old)
        with _errors():
            if self._db.execute(ADD, (key, *redirect, external_id)).rowcount:
                return True
            (known,) = self._db.execute(KNOWN, (key,)).fetchone()
        return bool(known == redirect.new)

    def protect(self, url: str) -> None:
        """Note the address of a stored file, which must not be redirected."""
        if (address := old_of(url)) is not None:
            with _errors():
                self._db.execute(ADD_ADDRESS, (self._key(address),))

    def remove_protected(self) -> list[str]:
        """Remove the redirects of addresses that are protected; return their externalIds."""
        with _errors():
            rows = self._db.execute(f"SELECT external_id {OF_ADDRESSES} ORDER BY number").fetchall()
            self._db.execute(f"DELETE {OF_ADDRESSES}")
        return [external_id for (external_id,) in rows]

    def _key(self, old: str) -> str:
        return old.lower() if self._ignores_case else old

    def sizes(self) -> Sizes:
        """Return number and length."""
        with _errors():
            return Sizes(*self._db.execute(SIZES).fetchone())

    def __iter__(self) -> Iterator[Redirect]:
        """Yield the redirects in the order they were added."""
        with _errors():
            for old, new in self._db.execute(ALL):
                yield Redirect(old, new)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        what = "the redirects cannot be stored"
        raise temp_space_error(what, sqlite_folder(), error) from error
