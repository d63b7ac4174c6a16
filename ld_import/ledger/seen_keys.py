"""The keys met in one run, in a temporary database that SQLite writes to disk when it grows."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.errors import TempSpaceError
from ld_import.model import ItemKey
from ld_import.tempdir import sqlite_folder, temp_space_error

# The keys of most manifests are sorted and need the last page only. A million unsorted keys take as
# long with sixteen times the cache.
CACHE_KIB = 1024
KEYS = "the keys met in this run"


class SeenKeys:
    """A `Seen` for any number of keys in about 1 MB of memory; its content is lost when closed."""

    def __init__(self) -> None:
        """Open an unnamed database, which has no file until the cache is full."""
        # One thread uses the connection, but the garbage collector may close it in another.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # The content is not worth keeping, so that callers may omit `close`.
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
        """Return line and checksum of the first record with this key, or `None`."""
        try:
            row: tuple[int, bytes] | None = self._db.execute(
                "SELECT line, checksum FROM seen WHERE external_id = ? AND system_name = ?",
                (key.external_id, key.system_name),
            ).fetchone()
        except sqlite3.Error as error:
            raise scratch_error(KEYS, error) from error
        return row

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Store the first record with this key; return the one stored before, or `None`."""
        # One statement for the usual case: this runs for every new record of a manifest.
        try:
            cursor = self._db.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (key.external_id, key.system_name, line, checksum),
            )
        except sqlite3.Error as error:
            raise scratch_error(KEYS, error) from error
        return None if cursor.rowcount else self.get(key)

    def close(self) -> None:
        """Remove the temporary database."""
        self._finalizer()


@contextmanager
def scratch_errors(what: str) -> Iterator[None]:
    """Raise errors of a temporary database that holds `what` as TempSpaceError."""
    try:
        yield
    except sqlite3.Error as error:
        raise scratch_error(what, error) from error


def scratch_error(what: str, error: sqlite3.Error) -> TempSpaceError:
    """Return the TempSpaceError for a temporary database that holds `what`."""
    return temp_space_error(f"{what} cannot be stored", sqlite_folder(), error)
