"""The keys met in one run, in a temporary database that SQLite writes to disk when it grows."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ld_import.errors import TempSpaceError
from ld_import.ledger.row_groups import Blob, execute_for_rows, with_rows
from ld_import.model import Item, ItemKey
from ld_import.tempdir import sqlite_folder, temp_space_error

# The keys of most manifests are sorted and need the last page only. A million unsorted keys take as
# long with sixteen times the cache.
CACHE_KIB = 1024
KEYS = "the keys met in this run"
PUT = with_rows("INSERT INTO seen VALUES {rows} ON CONFLICT DO NOTHING", "(?, ?, ?, ?, ?)")
Row = tuple[str, str, int, Blob, int]


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
            "CREATE TABLE seen (system_name TEXT, external_id TEXT, line INTEGER, checksum BLOB,"
            " number INTEGER, PRIMARY KEY (external_id, system_name)) WITHOUT ROWID"
        )
        self._db.execute("BEGIN")
        # Each put has its own number, since several records may be on one line.
        self._count = 0

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
        self._count += 1
        row = (*key, line, checksum, self._count)
        try:
            cursor = self._db.execute(PUT(1), row)
        except sqlite3.Error as error:
            raise scratch_error(KEYS, error) from error
        return None if cursor.rowcount else self.get(key)

    def put_all(self, items: Sequence[Item]) -> dict[int, tuple[int, bytes]]:
        """Put the keys of all items, in order; return what was stored before, by position."""
        first = self._count + 1
        self._count += len(items)
        rows = [
            (*item.key, item.line, Blob(item.checksum), number)
            for number, item in enumerate(items, first)
        ]
        with scratch_errors(KEYS):
            inserted = execute_for_rows(self._db, PUT, rows)
            return {} if inserted == len(rows) else self._stored_before(rows)

    def _stored_before(self, rows: Sequence[Row]) -> dict[int, tuple[int, bytes]]:
        query = (
            "SELECT line, checksum FROM seen"
            " WHERE system_name = ? AND external_id = ? AND number < ?"
        )
        found = {
            at: self._db.execute(query, (system_name, external_id, number)).fetchone()
            for at, (system_name, external_id, *_, number) in enumerate(rows)
        }
        return {at: before for at, before in found.items() if before is not None}

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
