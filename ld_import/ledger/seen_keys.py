"""The keys met in one run, in a temporary database that SQLite spills to disk when it grows."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.errors import TempSpaceError
from ld_import.model import ItemKey
from ld_import.tempdir import sqlite_folder, temp_space_error

# Keys of a manifest mostly come in order and need the last page only; for others, of a million, it
# takes as long with sixteen times as much.
CACHE_KIB = 1024
KEYS = "the keys met in this run"


class SeenKeys:
    """A `Seen` for any number of keys in about 1 MB of memory; gone when closed."""

    def __init__(self) -> None:
        """Open an unnamed database; it has no file until the cache is full."""
        # One thread uses it, but the garbage collector may close it in any.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # It has nothing worth keeping, so that nobody need remember to close it.
        self._finalizer = weakref.finalize(self, self._db.close)
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(
            "CREATE TABLE seen (external_id TEXT, system_name TEXT, line INTEGER, checksum BLOB,"
            " PRIMARY KEY (external_id, system_name)) WITHOUT ROWID"
        )
        self._db.execute("BEGIN")

    def get(self, key: ItemKey) -> tuple[int, bytes] | None:
        """Return line and checksum under which a key was first put."""
        try:
            found: tuple[int, bytes] | None = self._db.execute(
                "SELECT line, checksum FROM seen WHERE external_id = ? AND system_name = ?",
                (key.external_id, key.system_name),
            ).fetchone()
        except sqlite3.Error as error:
            raise scratch_error(KEYS, error) from error
        return found

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Remember the first record with this key; return what was put before, if anything."""
        # One statement for the usual case: every new record of a manifest comes by here.
        try:
            done = self._db.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (key.external_id, key.system_name, line, checksum),
            )
        except sqlite3.Error as error:
            raise scratch_error(KEYS, error) from error
        return None if done.rowcount else self.get(key)

    def close(self) -> None:
        """Forget everything."""
        self._finalizer()


@contextmanager
def scratch_errors(what: str) -> Iterator[None]:
    """Turn the errors of a temporary database into TempSpaceError; `what` could not be kept."""
    try:
        yield
    except sqlite3.Error as error:
        raise scratch_error(what, error) from error


def scratch_error(what: str, error: sqlite3.Error) -> TempSpaceError:
    """Return the error for `what` could not be kept in a temporary database."""
    return temp_space_error(f"{what} cannot be kept", sqlite_folder(), error)
