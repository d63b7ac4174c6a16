"""The memory of the emulated server: one SQLite file, so that a rehearsal survives a restart.

Plain reads and writes; every rule lives elsewhere.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
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
# Counted up when the tables change: a file with others is refused, not guessed at.
FORM = 3
_UNWORKED = "worked_at IS NULL"
_UNNOTIFIED = "webhook IS NOT NULL AND is_notified = 0 AND worked_at IS NOT NULL"


class StoreUnusable(OSError):
    """The file cannot be opened, or is no store of this emulator."""


class Store:
    """Jobs and entries on disk, or in memory without a path; usable from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create the file."""
        self._lock = threading.RLock()
        try:
            self._open(path)
        except sqlite3.Error as error:
            raise StoreUnusable(str(error)) from error

    def _open(self, path: Path | None) -> None:
        self._connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        # An emulator that a test just drops closes its file all the same.
        self._finalizer = weakref.finalize(self, self._connection.close)
        self._connection.row_factory = sqlite3.Row
        # A rehearsal may lose its last moments with the power, never its order.
        self._connection.execute("PRAGMA journal_mode = WAL").close()
        self._connection.execute("PRAGMA synchronous = NORMAL").close()
        self._check_form(path)
        self._connection.executescript(Path(__file__).with_name("schema.sql").read_text("utf-8"))
        self._execute(f"PRAGMA user_version = {FORM}", ())

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        with self._lock:
            self._finalizer()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done in the block at once, or nothing of it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def count_jobs(self) -> int:
        """Return how many jobs were ever made."""
        return self._number("SELECT coalesce(max(n), 0) FROM job")

    def count_entries(self) -> int:
        """Return how many entries the library holds."""
        return self._number("SELECT coalesce(max(n), 0) FROM entry")

    def add_job(self, job: Job) -> None:
        """Keep a new job."""
        self._insert("job", {**row_of(job), "item_count": len(job.items)})

    def count_question(self, job_id: str, kind: str) -> None:
        """Note that somebody asked how this job is."""
        self._execute(
            "UPDATE job SET asked = asked + 1 WHERE job_id = ? AND kind = ?", (job_id, kind)
        )

    def close_job(
        self, job_id: str, *, worked_at: float, state: str, results: tuple[ItemResult, ...] | None
    ) -> None:
        """Keep the end of a job."""
        found = None if results is None else orjson.dumps([asdict(each) for each in results])
        self._execute(
            "UPDATE job SET worked_at = ?, state = ?, results = ? WHERE job_id = ?",
            (worked_at, state, found, job_id),
        )

    def forget_jobs(self) -> None:
        """Remove every job; the next one is the first again."""
        self._execute("DELETE FROM job", ())

    def mark_notified(self, job_id: str) -> None:
        """Note that the webhook of this job has had its turn."""
        self._execute("UPDATE job SET is_notified = 1 WHERE job_id = ?", (job_id,))

    def job(self, job_id: str) -> Job | None:
        """Return the job of this id."""
        return next(iter(self._jobs("WHERE job_id = ?", (job_id,))), None)

    def jobs(self) -> list[Job]:
        """Return every job, oldest first."""
        return self._jobs("ORDER BY n")

    def unworked_jobs(self) -> list[Job]:
        """Return the jobs whose work is still to be done, oldest first."""
        return self._jobs(f"WHERE {_UNWORKED} ORDER BY n")

    def unnotified_jobs(self) -> list[Job]:
        """Return the finished jobs whose webhook has not had its turn, oldest first."""
        return self._jobs(f"WHERE {_UNNOTIFIED} ORDER BY n")

    def ready_at_of_recent(self, place: int) -> float | None:
        """Return when the job at this place from the end is ready (1 is the newest)."""
        rows = self._rows("SELECT ready_at FROM job ORDER BY n DESC LIMIT 1 OFFSET ?", (place - 1,))
        return float(rows[0][0]) if rows else None

    def items_since(self, kind: str, moment: float) -> int:
        """Return how many items of a kind were accepted after this moment."""
        return self._number(
            "SELECT coalesce(sum(item_count), 0) FROM job WHERE kind = ? AND created_at > ?",
            (kind, moment),
        )

    def keep_version(
        self, entry: Entry, cause: Cause, patches: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Put an entry and remember this version of it."""
        self.put_entry(entry)
        self._insert("revision", row_of(revision_of(entry, cause, patches)))

    def put_entry(self, entry: Entry) -> None:
        """Add an entry, or replace the one with the same id; a pair is never held twice."""
        row = row_of(entry)
        changes = ", ".join(f"{name} = excluded.{name}" for name in row if name != "media_id")
        self._insert("entry", row, f"ON CONFLICT (media_id) DO UPDATE SET {changes}")

    def entry_of_pair(self, system_name: str, external_id: str) -> Entry | None:
        """Return the entry of this pair."""
        where = "WHERE system_name = ? AND external_id = ?"
        return next(iter(self._entries(where, (system_name, external_id))), None)

    def entry(self, media_id: str) -> Entry | None:
        """Return the entry of this id."""
        return next(iter(self._entries("WHERE media_id = ?", (media_id,))), None)

    def entries_of_ids(self, media_ids: Iterable[str]) -> list[Entry]:
        """Return the entries with these ids, in the order asked, without the unknown ones."""
        found = [self.entry(each) for each in media_ids]
        return [entry for entry in found if entry]

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Return the entries of one kind or of all, oldest first."""
        return self._entries("WHERE ? IN (kind, '') ORDER BY n", (kind or "",))

    def revisions(self, media_id: str) -> list[Revision]:
        """Return the versions of an entry, oldest first."""
        rows = self._rows("SELECT * FROM revision WHERE media_id = ? ORDER BY n", (media_id,))
        return [from_row(Revision, dict(row)) for row in rows]

    def _check_form(self, path: Path | None) -> None:
        if not self._number("SELECT count(*) FROM sqlite_master"):
            return
        if self._number("PRAGMA user_version") != FORM:
            raise sqlite3.DatabaseError(f"{path} was made by another version of the emulator")

    def _jobs(self, clause: str, values: tuple[Any, ...] = ()) -> list[Job]:
        return [
            from_row(Job, dict(row)) for row in self._rows(f"SELECT * FROM job {clause}", values)
        ]

    def _entries(self, clause: str, values: tuple[Any, ...] = ()) -> list[Entry]:
        rows = self._rows(f"SELECT * FROM entry {clause}", values)
        return [from_row(Entry, dict(row)) for row in rows]

    def _insert(self, table: str, row: dict[str, Any], clause: str = "") -> None:
        marks = ", ".join(f":{name}" for name in row)
        self._execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}) {clause}", row)

    def _execute(self, sql: str, values: tuple[Any, ...] | dict[str, Any]) -> None:
        with self._lock:
            self._connection.execute(sql, values).close()

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _number(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        return int(self._rows(sql, values)[0][0])


def row_of(record: Job | Entry | Revision) -> dict[str, Any]:
    """Return the columns of a record."""
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return {
        name: orjson.dumps(value) if name in _JSON_COLUMNS and value is not None else value
        for name, value in values.items()
    }


def from_row(kind: type[Row], row: Mapping[str, Any]) -> Row:
    """Return the record of a row."""
    values = {each.name: row[each.name] for each in fields(kind)}
    for name in _JSON_COLUMNS & values.keys():
        values[name] = None if values[name] is None else orjson.loads(values[name])
    if values.get("results") is not None:
        values["results"] = tuple(ItemResult(**each) for each in values["results"])
    for name in values:
        if name.startswith("is_"):
            values[name] = bool(values[name])
    return kind(**values)
