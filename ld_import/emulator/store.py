"""Store of the emulated server: one SQLite file, so that a trial run survives a restart.

Only reads and writes records; the behaviour is in `rules`.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import orjson

from ld_import.emulator.records import (
    Cause,
    Entry,
    ItemResult,
    Job,
    Revision,
    revision_of,
)

Row = TypeVar("Row", Job, Entry, Revision)
_JSON_COLUMNS = frozenset(
    {
        "items",
        "context",
        "faults",
        "results",
        "metadata",
        "translations",
        "asset",
        "content",
        "patches",
    }
)
_COLUMNS: Mapping[type[Any], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Job, Entry, Revision)
}
# Incremented when the tables change. A file of another version is refused.
SCHEMA_VERSION = 3
_UNWORKED = "worked_at IS NULL"
_UNNOTIFIED = "webhook IS NOT NULL AND is_notified = 0 AND worked_at IS NOT NULL"


class StoreUnusable(OSError):
    """The file cannot be opened, or is not a store of this version of the emulator."""


class Store:
    """Jobs and entries on disk, or in memory without a path. Thread-safe."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create the file. Raises StoreUnusable."""
        self._lock = threading.RLock()
        try:
            self._open(path)
        except sqlite3.Error as error:
            raise StoreUnusable(str(error)) from error

    def _open(self, path: Path | None) -> None:
        self._connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        # Closes the file of an emulator that a test does not close.
        self._finalizer = weakref.finalize(self, self._connection.close)
        self._connection.row_factory = sqlite3.Row
        # A power cut may lose the latest transactions, but never reorders them.
        self._connection.execute("PRAGMA journal_mode = WAL").close()
        self._connection.execute("PRAGMA synchronous = NORMAL").close()
        self._check_version(path)
        self._connection.executescript(Path(__file__).with_name("schema.sql").read_text("utf-8"))
        self._execute(f"PRAGMA user_version = {SCHEMA_VERSION}", ())

    def close(self) -> None:
        """Close the file. Safe to repeat."""
        with self._lock:
            self._finalizer()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block atomically; roll back on an exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def count_jobs(self) -> int:
        """Return the number of jobs ever created."""
        return self._number("SELECT coalesce(max(n), 0) FROM job")

    def count_entries(self) -> int:
        """Return the number of entries in the library."""
        return self._number("SELECT coalesce(max(n), 0) FROM entry")

    def add_job(self, job: Job) -> None:
        """Add a job."""
        self._insert("job", {**row_of(job), "item_count": len(job.items)})

    def count_status_request(self, job_id: str, kind: str) -> None:
        """Count a status request for this job."""
        self._execute(
            "UPDATE job SET asked = asked + 1 WHERE job_id = ? AND kind = ?", (job_id, kind)
        )

    def close_job(
        self, job_id: str, *, worked_at: float, state: str, results: tuple[ItemResult, ...] | None
    ) -> None:
        """Store state and results of a worked job."""
        encoded = None if results is None else orjson.dumps(results)
        self._execute(
            "UPDATE job SET worked_at = ?, state = ?, results = ? WHERE job_id = ?",
            (worked_at, state, encoded, job_id),
        )

    def forget_jobs(self) -> None:
        """Delete all jobs and restart their numbering."""
        self._execute("DELETE FROM job", ())

    def mark_notified(self, job_id: str) -> None:
        """Mark the webhook of this job as notified."""
        self._execute("UPDATE job SET is_notified = 1 WHERE job_id = ?", (job_id,))

    def job(self, job_id: str) -> Job | None:
        """Return the job with this id."""
        return next(iter(self._jobs("WHERE job_id = ?", (job_id,))), None)

    def jobs(self) -> list[Job]:
        """Return all jobs, oldest first."""
        return self._jobs("ORDER BY n")

    def unworked_jobs(self) -> list[Job]:
        """Return the jobs that are not worked yet, oldest first."""
        return self._jobs(f"WHERE {_UNWORKED} ORDER BY n")

    def unnotified_jobs(self) -> list[Job]:
        """Return the worked jobs with a webhook that is not notified yet, oldest first."""
        return self._jobs(f"WHERE {_UNNOTIFIED} ORDER BY n")

    def ready_at_of_recent(self, position: int) -> float | None:
        """Return when the job at this position from the end is ready (1 is the newest)."""
        rows = self._rows(
            "SELECT ready_at FROM job ORDER BY n DESC LIMIT 1 OFFSET ?", (position - 1,)
        )
        return float(rows[0][0]) if rows else None

    def items_since(self, kind: str, moment: float) -> int:
        """Return the number of items of a kind accepted after this time."""
        return self._number(
            "SELECT coalesce(sum(item_count), 0) FROM job WHERE kind = ? AND created_at > ?",
            (kind, moment),
        )

    def keep_version(
        self, entry: Entry, cause: Cause, patches: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Store an entry and add its current version to the history."""
        self.put_entry(entry)
        self._insert("revision", row_of(revision_of(entry, cause, patches)))

    def put_entry(self, entry: Entry) -> None:
        """Add an entry, or replace the one with the same id. Each pair is unique."""
        row = row_of(entry)
        self._execute(f"{_insertion('entry', tuple(row))} {_replacement(tuple(row))}", row)

    def entry_of_pair(self, system_name: str, external_id: str) -> Entry | None:
        """Return the entry with this pair, or None."""
        where = "WHERE system_name = ? AND external_id = ?"
        return next(iter(self._entries(where, (system_name, external_id))), None)

    def entry(self, media_id: str) -> Entry | None:
        """Return the entry with this id, or None."""
        return next(iter(self._entries("WHERE media_id = ?", (media_id,))), None)

    def entries_of_ids(self, media_ids: Iterable[str]) -> list[Entry]:
        """Return the entries with these ids in the given order, omitting unknown ids."""
        entries = [self.entry(media_id) for media_id in media_ids]
        return [entry for entry in entries if entry]

    def entries_of_key(self, key: str) -> list[Entry]:
        """Return the entries whose file has this key in the storage."""
        return self._entries("WHERE json_extract(asset, '$.key') = ?", (key,))

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Return the entries of one kind or of all, oldest first."""
        return self._entries("WHERE ? IN (kind, '') ORDER BY n", (kind or "",))

    def revisions(self, media_id: str) -> list[Revision]:
        """Return the versions of an entry, oldest first."""
        rows = self._rows("SELECT * FROM revision WHERE media_id = ? ORDER BY n", (media_id,))
        return [from_row(Revision, dict(row)) for row in rows]

    def _check_version(self, path: Path | None) -> None:
        if not self._number("SELECT count(*) FROM sqlite_master"):
            return
        if self._number("PRAGMA user_version") != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"{path} was made by another version of the emulator")

    def _jobs(self, clause: str, values: tuple[Any, ...] = ()) -> list[Job]:
        return [
            from_row(Job, dict(row)) for row in self._rows(f"SELECT * FROM job {clause}", values)
        ]

    def _entries(self, clause: str, values: tuple[Any, ...] = ()) -> list[Entry]:
        rows = self._rows(f"SELECT * FROM entry {clause}", values)
        return [from_row(Entry, dict(row)) for row in rows]

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        self._execute(_insertion(table, tuple(row)), row)

    def _execute(self, sql: str, values: tuple[Any, ...] | dict[str, Any]) -> None:
        with self._lock:
            self._connection.execute(sql, values).close()

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _number(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        return int(self._rows(sql, values)[0][0])


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    placeholders = ", ".join(f":{name}" for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({placeholders})"


@cache
def _replacement(columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "media_id")
    return f"ON CONFLICT (media_id) DO UPDATE SET {changes}"


def row_of(record: Job | Entry | Revision) -> dict[str, Any]:
    """Return a record as columns: nested values as JSON."""
    row = {name: getattr(record, name) for name in _COLUMNS[type(record)]}
    for name in _JSON_COLUMNS & row.keys():
        if row[name] is not None:
            row[name] = orjson.dumps(row[name])
    return row


def from_row(kind: type[Row], row: Mapping[str, Any]) -> Row:
    """Return a row as a record of this class."""
    values = {name: row[name] for name in _COLUMNS[kind]}
    for name in _JSON_COLUMNS & values.keys():
        values[name] = None if values[name] is None else orjson.loads(values[name])
    if values.get("results") is not None:
        values["results"] = tuple(ItemResult(**members) for members in values["results"])
    for name in values:
        if name.startswith("is_"):
            values[name] = bool(values[name])
    return kind(**values)
