"""The keys met in one run, in a temporary database that SQLite spills to disk when it grows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ld_import.ledger.connect import ledger_errors
from ld_import.model import ItemKey

CACHE_KIB = 16 * 1024
# What errors call it; it lies where the system keeps temporary files.
SCRATCH = Path("(temporary)")


class SeenKeys:
    """A `Seen` for any number of keys in about 16 MB of memory; gone when closed."""

    def __init__(self) -> None:
        """Open an unnamed database; it has no file until the cache is full."""
        self._db = sqlite3.connect("", isolation_level=None)
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
        with ledger_errors(SCRATCH):
            found: tuple[int, bytes] | None = self._db.execute(
                "SELECT line, checksum FROM seen WHERE external_id = ? AND system_name = ?",
                (key.external_id, key.system_name),
            ).fetchone()
        return found

    def put(self, key: ItemKey, line: int, checksum: bytes) -> None:
        """Remember the first record with this key."""
        with ledger_errors(SCRATCH):
            self._db.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?)",
                (key.external_id, key.system_name, line, checksum),
            )

    def close(self) -> None:
        """Forget everything."""
        self._db.close()
