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
    MANIFEST_FILES,
    OF_EXTERNAL_ID,
    RUNS,
    TARGETS,
)
from ld_import.ledger.row_validation import check_json, check_row
from ld_import.ledger.sql import placeholders, unix_seconds
from ld_import.ledger.target_filter import EVERY_TARGET, TargetFilter
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

    - `items()`: server, project, kind, systemName, externalId, state, reason, mediaId, url,
      fileName, jobId, attempts, manifest, line, firstSeenAt, updatedAt; and what the server
      returned about the stored file: originalUrl, mimeType, width, height, duration, size, key.
      The state is `pending`, `submitted`, `success`, `skipped`, `failed`, `refused`, `lost` or
      `invalid`.
    - `show(external_id)`: a list of items, one for each target and systemName, with the same
      columns, and `history`, a list of attempts with batch, jobId, state, reason, run and sentAt.
    - `runs()`: run, kind, server, project, systemName, manifest, startedAt, endedAt, exitCode,
      host, pid, command, activity (`import`, `adopt` or `undo`), summary (a text in JSON).
    - `jobs()`, of imports only: batch, jobId, state, jobState, items, success, skipped, failed,
      reason, run, kind, server, project, createdAt, submittedAt, settledAt.
    - `counts()`: the number of items by state, in one dict.
    - `targets()`: server, project, kind. All others take one of them, or a part of one, as `of`:
      `ledger.items(of=TargetFilter(server="https://cms.example", kind="videos"))`.

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

    def targets(self) -> list[Row]:
        """Return server, project and kind of each target that a run had, the first one first."""
        return list(self._rows(TARGETS))

    def manifest_files(self) -> list[str]:
        """Return the paths of all manifests that were imported, and of their files with records."""
        return [row["file"] for row in self._rows(MANIFEST_FILES)]

    def runs(self, *, limit: int = -1, of: TargetFilter = EVERY_TARGET) -> list[Row]:
        """Return the latest runs, newest first; a negative `limit` means all."""
        condition, values = of.condition("run.system_name")
        rows = list(self._rows(RUNS.format(condition), *values, limit))
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

    def jobs(
        self, *, limit: int = -1, run_id: str | None = None, of: TargetFilter = EVERY_TARGET
    ) -> list[Row]:
        """Return the latest batches with their jobs, newest first; a negative limit means all."""
        condition, values = of.condition("run.system_name")
        if run_id is not None:
            condition, values = f"{condition} AND run.run_id = ?", [*values, run_id]
        query = f"{JOBS} WHERE {condition} AND run.activity = 'import'"
        query += " ORDER BY batch.batch_id DESC LIMIT ?"
        return list(self._rows(query, *values, limit))

    def job(self, job_id: str) -> Row | None:
        """Return the batch of this job."""
        return next(self._rows(f"{JOBS} WHERE job_id = ? ORDER BY batch_id DESC", job_id), None)

    def items_of_job(self, job_id: str) -> list[Row]:
        """Return the results of the items of a job, in the order they were first sent."""
        return list(self._rows(ITEMS_OF_JOB, job_id, job_id))

    def items(
        self, *, states: Sequence[str] = (), of: TargetFilter = EVERY_TARGET, limit: int = -1
    ) -> Generator[Row]:
        """Yield items, then invalid records, in the order they were first seen.

        Without `states`, rows of every state. A negative `limit` means all.
        """
        of_target, values = of.condition("system.system_name")
        of_states, bound = _of_states(states)
        parts = [f"SELECT {ITEM_COLUMNS} FROM {ITEM_TABLES} WHERE {of_states} AND {of_target}"]
        bound += values
        if not states or "invalid" in states:
            of_target, values = of.condition("run.system_name")
            parts.append(f"SELECT {INVALID_COLUMNS} FROM {INVALID_TABLES} WHERE {of_target}")
            bound += values
        return self._rows(" UNION ALL ".join(parts) + " LIMIT ?", *bound, limit)

    def counts(
        self, *, states: Sequence[str] = (), of: TargetFilter = EVERY_TARGET
    ) -> dict[str, int]:
        """Return the number of items by state, including `invalid`; filters as in `items`."""
        of_item, values = of.condition("system.system_name")
        of_invalid, _ = of.condition("run.system_name")
        rows = self._rows(
            f"SELECT {ITEM_STATE} AS state, count(*) AS count"
            " FROM item INDEXED BY item_trouble CROSS JOIN target USING (target_id)"
            " CROSS JOIN system USING (system_id)"
            " LEFT JOIN batch ON item.state = 'pending' AND batch.batch_id = item.batch_id"
            f" WHERE item.state <> 'success' AND {of_item}"
            f" GROUP BY 1 UNION ALL SELECT 'invalid', count(*) FROM {INVALID_TABLES}"
            f" WHERE {of_invalid}",
            *(values * 2),
        )
        counts = {row["state"]: row["count"] for row in rows}
        if not states or State.SUCCESS in states:
            # There may be millions: all items minus the others is faster than counting them.
            total = self._total(of_item, values)
            others = sum(counts.values()) - counts["invalid"]
            counts = {State.SUCCESS.value: total - others, **counts}
        return {
            state: count
            for state, count in counts.items()
            if count and (not states or state in states)
        }

    def show(self, external_id: str, *, of: TargetFilter = EVERY_TARGET) -> list[Row]:
        """Return the items with this externalId (one per target), each with its `history`."""
        of_target, values = of.condition("system.system_name")
        query = f"SELECT item.item_id AS row, {ITEM_COLUMNS} FROM {ITEM_TABLES} WHERE {of_target}"
        items = list(self._rows(f"{query} AND {OF_EXTERNAL_ID}", *values, external_id))
        for item in items:
            item["history"] = list(self._rows(ATTEMPTS, *[item.pop("row")] * 2))
        of_target, values = of.condition("run.system_name")
        invalid = (
            f"SELECT {INVALID_COLUMNS} FROM {INVALID_TABLES}"
            f" WHERE {of_target} AND invalid.external_id = ?"
        )
        rows = self._rows(invalid, *values, external_id)
        return items + [{**record, "history": []} for record in rows]

    def _total(self, of_item: str, values: Sequence[str]) -> int:
        tables = (
            "item JOIN target USING (target_id) JOIN system USING (system_id)" if values else "item"
        )
        (total,) = self._rows(f"SELECT count(*) AS count FROM {tables} WHERE {of_item}", *values)
        return int(total["count"])

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
