"""The items of a manifest by the keys that checks compare, in a temporary database on disk.

Sorting at the end takes a third of the time of an index, and its memory does not depend on the
number of items.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ld_import.tempdir import sqlite_folder, temp_space_error

CACHE_KIB = 2048
ROWS_AT_ONCE = 500


class SeenItem(NamedTuple):
    """An item of the manifest: its line and its externalId."""

    line: int
    external_id: str


class SeenItems:
    """Items in the order of the manifest, each with the same number of keys; lost when closed."""

    def __init__(self, key_count: int) -> None:
        """Open an unnamed database, which has no file until the cache is full."""
        # One thread uses the connection, but the garbage collector may close it in another.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._finalizer = weakref.finalize(self, self._db.close)
        self._rows: list[tuple[int | str, ...]] = []
        keys = [f"key{number} INTEGER" for number in range(key_count)]
        marks = ", ".join("?" * (2 + key_count))
        self._insert = f"INSERT INTO item VALUES ({marks})"  # noqa: S608 (question marks)
        for pragma in (f"cache_size = -{CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(f"CREATE TABLE item (line INTEGER, id TEXT, {', '.join(keys)})")
        self._db.execute("BEGIN")

    def add(self, line: int, external_id: str, keys: Sequence[int]) -> None:
        """Add an item with its keys, signed 64-bit numbers."""
        self._rows.append((line, external_id, *keys))
        if len(self._rows) >= ROWS_AT_ONCE:
            self._write()

    def pairs(self, number: int) -> Iterator[tuple[SeenItem, SeenItem]]:
        """Yield each item whose key of this number an earlier item has, with the first such item.

        The order is that of the manifest.
        """
        self._write()
        with _disk_errors():
            for line, external_id, first_line, first_id in self._db.execute(_pairs_sql(number)):
                yield SeenItem(line, external_id), SeenItem(first_line, first_id)

    def close(self) -> None:
        """Remove the temporary database."""
        self._finalizer()

    def _write(self) -> None:
        with _disk_errors():
            self._db.executemany(self._insert, self._rows)
        self._rows.clear()


def _pairs_sql(number: int) -> str:
    key = f"key{int(number)}"
    return f"""
    WITH shared AS MATERIALIZED (
      SELECT {key} AS key, min(rowid) AS first FROM item GROUP BY {key} HAVING count(*) > 1
    )
    SELECT item.line, item.id, earlier.line, earlier.id
    FROM item CROSS JOIN shared ON shared.key = item.{key}
      CROSS JOIN item AS earlier ON earlier.rowid = shared.first
    WHERE item.rowid > shared.first
    ORDER BY item.rowid
    """  # noqa: S608 (a number)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Raise errors of the temporary database as TempSpaceError."""
    try:
        yield
    except sqlite3.Error as error:
        failure = "the items of the manifest cannot be stored"
        raise temp_space_error(failure, sqlite_folder(), error) from error
