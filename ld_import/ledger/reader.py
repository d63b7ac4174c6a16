"""Queries over a ledger; they run beside a writing run and never change anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, Self

from ld_import.errors import LedgerError
from ld_import.ids import is_id
from ld_import.ledger.connect import connect
from ld_import.ledger.corruption import ledger_errors
from ld_import.ledger.reader_sql import (
    ATTEMPTS,
    INVALID_COLUMNS,
    INVALID_TABLES,
    ITEM_COLUMNS,
    ITEM_STATE,
    ITEM_TABLES,
    ITEMS_OF_JOB,
    JOBS,
    LAST_END,
    OF_EXTERNAL_ID,
    RUNS,
)
from ld_import.ledger.row_validation import check_json, check_row
from ld_import.ledger.sql import placeholders, unix_seconds
from ld_import.model import State, Target

Row = dict[str, Any]

ID_COLUMNS = ("mediaId", "jobId")


def open_ledger(path: str | PathLike[str]) -> LedgerReader:
    """Open an existing ledger for reading.

        with open_ledger(".ld-import/ledger.sqlite3") as ledger:
            for item in ledger.items(states=["failed"]):
                print(item["externalId"], item["reason"])

    Nothing is changed, and a run may write to the ledger at the same time. Each row is a dict with
    the columns of `ld-import ledger export`; times are texts in ISO 8601, in UTC:

    - `items()`: kind, systemName, externalId, state, reason, mediaId, url, fileName, jobId,
      attempts, manifest, line, firstSeenAt, updatedAt. The state is `pending`, `submitted`,
      `success`, `skipped`, `failed`, `refused`, `lost` or `invalid`.
    - `show(external_id)`: the same columns, and `history`, a list of attempts with batch, jobId,
      state, reason, run and sentAt.
    - `runs()`: run, kind, server, project, systemName, manifest, startedAt, endedAt, exitCode,
      host, pid, command, summary (a text in JSON).
    - `jobs()`: batch, jobId, state, jobState, items, success, skipped, failed, reason, run, kind,
      server, createdAt, submittedAt, settledAt.
    - `counts()`: the number of items by state, in one dict.

    Raises LedgerError if the file is missing, damaged, not a ledger, or written by a newer version;
    iterating over `items()` may raise it, too. Raises TempSpaceError if a ledger of an older
    version, which is read from a migrated temporary copy, does not fit on the disk.
    """
    path = Path(path)
    if not path.exists():
        raise LedgerError(
            f"the ledger {path} does not exist", hint="check the path; an import creates the file"
        )
    return LedgerReader(path)


class LedgerReader:
    """A ledger opened for queries; a missing file is an empty ledger."""

    def __init__(self, path: Path) -> None:
        """Open the file without changing it. Raises LedgerError."""
        self.path = path
        self._db = connect(path, read_only=True)
        self._db.row_factory = _as_dict

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file."""
        self._db.close()

    def runs(self, *, limit: int = -1) -> list[Row]:
        """Return the latest runs, newest first; a negative `limit` means all."""
        rows = list(self._rows(RUNS, limit))
        with ledger_errors(self.path):
            for row in rows:
                check_json(row["summary"])
        return rows

    def last_end(
        self, target: Target, manifest: str, exit_codes: Sequence[int], *, until: datetime
    ) -> int | None:
        """Return when a run over a manifest last ended with one of these codes, since 1970.

        An end later than `until` is ignored: the clock was ahead when it was recorded.
        """
        query = f"{LAST_END} ({placeholders(exit_codes)})"
        values = (target.server, target.project, target.kind, manifest, unix_seconds(until))
        (row,) = self._rows(query, *values, *exit_codes)
        last: int | None = row["moment"]
        return last

    def jobs(self, *, limit: int = -1, run_id: str | None = None) -> list[Row]:
        """Return the latest batches with their jobs, newest first; a negative limit means all."""
        where = "WHERE run.run_id = ?" if run_id else ""
        values = (run_id, limit) if run_id else (limit,)
        return list(self._rows(f"{JOBS} {where} ORDER BY batch.batch_id DESC LIMIT ?", *values))

    def job(self, job_id: str) -> Row | None:
        """Return the batch of this job."""
        return next(self._rows(f"{JOBS} WHERE job_id = ? ORDER BY batch_id DESC", job_id), None)

    def items_of_job(self, job_id: str) -> list[Row]:
        """Return the results of the items of a job, in the order they were first sent."""
        return list(self._rows(ITEMS_OF_JOB, job_id))

    def items(
        self, *, states: Sequence[str] = (), server: str | None = None, limit: int = -1
    ) -> Generator[Row]:
        """Yield items, then invalid records, in the order they were first seen.

        Without `states`, rows of every state; without `server`, of every server. A negative `limit`
        means all.
        """
        of_server = "target.server = ?" if server else "1"
        values = (server,) if server else ()
        of_states, bound = _of_states(states)
        parts = [f"SELECT {ITEM_COLUMNS} FROM {ITEM_TABLES} WHERE {of_states} AND {of_server}"]
        bound += values
        if not states or "invalid" in states:
            parts.append(f"SELECT {INVALID_COLUMNS} FROM {INVALID_TABLES} WHERE {of_server}")
            bound += values
        return self._rows(" UNION ALL ".join(parts) + " LIMIT ?", *bound, limit)

    def counts(self, *, states: Sequence[str] = (), server: str | None = None) -> dict[str, int]:
        """Return the number of items by state, including `invalid`; filters as in `items`."""
        of_server = "1"
        if server:
            of_server = "target_id IN (SELECT target_id FROM target WHERE server = ?)"
        values = (server,) if server else ()
        rows = self._rows(
            f"SELECT {ITEM_STATE} AS state, count(*) AS count FROM ("
            f"   SELECT state, batch_id FROM item WHERE state <> 'success' AND {of_server}) AS item"
            " LEFT JOIN batch ON item.state = 'pending' AND batch.batch_id = item.batch_id"
            f" GROUP BY 1 UNION ALL SELECT 'invalid', count(*) FROM invalid WHERE {of_server}",
            *(values * 2),
        )
        counts = {row["state"]: row["count"] for row in rows}
        if not states or State.SUCCESS in states:
            # There may be millions: all items minus the others is faster than counting them.
            (total,) = self._rows(f"SELECT count(*) AS count FROM item WHERE {of_server}", *values)
            others = sum(counts.values()) - counts["invalid"]
            counts = {State.SUCCESS.value: total["count"] - others, **counts}
        return {
            state: count
            for state, count in counts.items()
            if count and (not states or state in states)
        }

    def show(self, external_id: str) -> list[Row]:
        """Return the items with this externalId (one per target), each with its `history`."""
        query = f"SELECT item.item_id AS row, {ITEM_COLUMNS} FROM {ITEM_TABLES} WHERE"
        items = list(self._rows(query + OF_EXTERNAL_ID, external_id))
        for item in items:
            item["history"] = list(self._rows(ATTEMPTS, item.pop("row")))
        invalid = f"SELECT {INVALID_COLUMNS} FROM {INVALID_TABLES} WHERE invalid.external_id = ?"
        return items + [{**record, "history": []} for record in self._rows(invalid, external_id)]

    def _rows(self, query: str, *values: Any) -> Generator[Row]:
        with ledger_errors(self.path):
            yield from self._db.execute(query, values)


def _of_states(states: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a condition and its values."""
    if not states:
        return "1", []
    condition = f"{ITEM_STATE} IN ({placeholders(states)})"
    if State.SUCCESS in states:
        return condition, [*states]
    # SQLite uses the index `item_trouble` only for a query that excludes successes explicitly.
    stored = {*states, *([State.PENDING] if State.SUBMITTED in states else [])}
    rows = (
        f"SELECT item_id FROM item WHERE state <> 'success' AND state IN ({placeholders(stored)})"
    )
    return f"item.item_id IN ({rows}) AND {condition}", [*stored, *states]


def _as_dict(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    check_row(values)
    row = {column[0]: value for column, value in zip(cursor.description, values, strict=True)}
    for name in ID_COLUMNS:
        # Earlier versions stored any id the server sent.
        if (value := row.get(name)) is not None and not is_id(value):
            row[name] = None
    return row
