"""The questions people ask a ledger; reads beside a writing run and never changes anything.

Rows are plain dicts in the order of their columns, named as in `ledger export`; moments are ISO
8601 in UTC.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ld_import.ids import is_id
from ld_import.ledger.connect import connect
from ld_import.ledger.corruption import ledger_errors
from ld_import.ledger.row_validation import check_json, check_row
from ld_import.ledger.sql import STATE_NOW, placeholders
from ld_import.model import State, Target

Row = dict[str, Any]

ID_COLUMNS = ("mediaId", "jobId")


def _moment(column: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"


ITEM_STATE, ATTEMPT_STATE = STATE_NOW.format("item"), STATE_NOW.format("attempt")
ITEM_COLUMNS = f"""
  target.kind AS kind, item.system_name AS systemName, item.external_id AS externalId,
  {ITEM_STATE} AS state, item.reason AS reason, item.media_id AS mediaId, item.url AS url,
  item.file_name AS fileName, batch.job_id AS jobId, item.attempts AS attempts,
  run.manifest AS manifest, item.line AS line, {_moment("item.first_seen_at")} AS firstSeenAt,
  {_moment("item.updated_at")} AS updatedAt
"""
ITEM_TABLES = """
item JOIN target USING (target_id) JOIN batch ON batch.batch_id = item.batch_id
JOIN run ON run.run_number = batch.run_number
"""
INVALID_COLUMNS = f"""
  target.kind AS kind, run.system_name AS systemName, invalid.external_id AS externalId,
  'invalid' AS state,
  (SELECT group_concat(value, '; ') FROM json_each(invalid.problems)) AS reason,
  NULL AS mediaId, NULL AS url, NULL AS fileName, NULL AS jobId, 0 AS attempts,
  invalid.manifest AS manifest, invalid.line AS line, {_moment("run.started_at")} AS firstSeenAt,
  {_moment("run.started_at")} AS updatedAt
"""
INVALID_TABLES = """
invalid JOIN target USING (target_id) JOIN run ON run.run_number = invalid.run_number
"""
RUNS = f"""
SELECT run_id AS run, target.kind AS kind, target.server AS server, target.project AS project,
  run.system_name AS systemName, run.manifest AS manifest,
  {_moment("started_at")} AS startedAt, {_moment("ended_at")} AS endedAt,
  exit_code AS exitCode, host, pid, command, summary
FROM run JOIN target USING (target_id) ORDER BY run_number DESC LIMIT ?
"""
LAST_END = """
SELECT max(ended_at) AS moment FROM run JOIN target USING (target_id)
WHERE server = ? AND project = ? AND kind = ? AND manifest = ? AND ended_at <= ? AND exit_code IN
"""
JOBS = f"""
SELECT batch.batch_id AS batch, job_id AS jobId, batch.state AS state, job_state AS jobState,
  item_count AS items,
  (SELECT count(*) FROM attempt WHERE attempt.batch_id = batch.batch_id AND state = 'success')
    AS success,
  (SELECT count(*) FROM attempt WHERE attempt.batch_id = batch.batch_id AND state = 'skipped')
    AS skipped,
  (SELECT count(*) FROM attempt WHERE attempt.batch_id = batch.batch_id AND state = 'failed')
    AS failed,
  batch.reason AS reason, run.run_id AS run, target.kind AS kind, target.server AS server,
  {_moment("created_at")} AS createdAt, {_moment("submitted_at")} AS submittedAt,
  {_moment("settled_at")} AS settledAt
FROM batch JOIN run USING (run_number) JOIN target ON target.target_id = batch.target_id
"""
ATTEMPTS = f"""
SELECT attempt.batch_id AS batch, batch.job_id AS jobId, {ATTEMPT_STATE} AS state,
  attempt.reason AS reason, run.run_id AS run, {_moment("batch.created_at")} AS sentAt
FROM attempt JOIN item USING (item_id) JOIN batch ON batch.batch_id = attempt.batch_id
JOIN run ON run.run_number = batch.run_number
WHERE item.item_id = ? ORDER BY attempt.batch_id
"""
# The index of items begins with target and systemName. It is asked for the next systemName again
# and again, of which there are few, so that one externalId is found among a million in a moment.
OF_EXTERNAL_ID = """
item.item_id IN (
  WITH RECURSIVE pair (target_id, system_name) AS (
    SELECT target_id, (
      SELECT min(system_name) FROM item AS first WHERE first.target_id = target.target_id)
    FROM target
    UNION ALL
    SELECT target_id, (
      SELECT min(system_name) FROM item AS next
      WHERE next.target_id = pair.target_id AND next.system_name > pair.system_name)
    FROM pair WHERE system_name IS NOT NULL)
  SELECT one.item_id FROM pair
  CROSS JOIN item AS one ON one.target_id = pair.target_id AND one.system_name = pair.system_name
    AND one.external_id = ?)
"""


class LedgerReader:
    """A ledger opened for questions; a missing one answers as an empty one."""

    def __init__(self, path: Path) -> None:
        """Open the file without changing it. Raises LedgerError."""
        self.path = path
        self._db = connect(path, read_only=True)
        self._db.row_factory = _as_dict

    def __enter__(self) -> Self:
        """Give the reader."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file."""
        self._db.close()

    def runs(self, *, limit: int) -> list[Row]:
        """Return the latest runs, newest first."""
        rows = list(self._rows(RUNS, limit))
        with ledger_errors(self.path):
            for row in rows:
                check_json(row["summary"])
        return rows

    def last_end(
        self, target: Target, manifest: str, exit_codes: Sequence[int], *, until: datetime
    ) -> int | None:
        """Return when a run over a manifest last ended with one of these codes, since 1970.

        An end later than `until`, noted while the clock was ahead, says nothing.
        """
        query = f"{LAST_END} ({placeholders(exit_codes)})"
        moment = int(until.timestamp())
        values = (target.server, target.project, target.kind, manifest, moment, *exit_codes)
        (found,) = self._rows(query, *values)
        last: int | None = found["moment"]
        return last

    def jobs(self, *, limit: int, run_id: str | None = None) -> list[Row]:
        """Return the latest batches with their jobs, newest first."""
        where = "WHERE run.run_id = ?" if run_id else ""
        values = (run_id, limit) if run_id else (limit,)
        return list(self._rows(f"{JOBS} {where} ORDER BY batch.batch_id DESC LIMIT ?", *values))

    def job(self, job_id: str) -> Row | None:
        """Return the batch that became this job."""
        return next(self._rows(f"{JOBS} WHERE job_id = ? ORDER BY batch_id DESC", job_id), None)

    def items_of_job(self, job_id: str) -> list[Row]:
        """Return how the items of a job's batch ended there, in the order they were first sent."""
        return list(
            self._rows(
                f"SELECT item.external_id AS externalId, {ATTEMPT_STATE} AS state,"
                " attempt.reason AS reason, item.media_id AS mediaId, item.line AS line"
                " FROM batch JOIN attempt USING (batch_id) JOIN item USING (item_id)"
                " WHERE batch.job_id = ? ORDER BY item.item_id",
                job_id,
            )
        )

    def items(
        self, *, states: Sequence[str] = (), server: str | None = None, limit: int = -1
    ) -> Generator[Row]:
        """Yield items, then invalid records, in the order they were first seen.

        `states` and `server` keep only those; a negative `limit` means all.
        """
        there = "target.server = ?" if server else "1"
        values = (server,) if server else ()
        wanted, bound = _of_states(states)
        parts = [f"SELECT {ITEM_COLUMNS} FROM {ITEM_TABLES} WHERE {wanted} AND {there}"]
        bound += values
        if not states or "invalid" in states:
            parts.append(f"SELECT {INVALID_COLUMNS} FROM {INVALID_TABLES} WHERE {there}")
            bound += values
        return self._rows(" UNION ALL ".join(parts) + " LIMIT ?", *bound, limit)

    def counts(self, *, states: Sequence[str] = (), server: str | None = None) -> dict[str, int]:
        """Count items by state, invalid records included; the filters are those of `items`.

        Successes, of which there may be millions, are what is left of all when the rest is counted.
        """
        there = "target_id IN (SELECT target_id FROM target WHERE server = ?)" if server else "1"
        values = (server,) if server else ()
        found = self._rows(
            f"SELECT {ITEM_STATE} AS state, count(*) AS count FROM ("
            f"   SELECT state, batch_id FROM item WHERE state <> 'success' AND {there}) AS item"
            " LEFT JOIN batch ON item.state = 'pending' AND batch.batch_id = item.batch_id"
            f" GROUP BY 1 UNION ALL SELECT 'invalid', count(*) FROM invalid WHERE {there}",
            *(values * 2),
        )
        counts = {row["state"]: row["count"] for row in found}
        if not states or State.SUCCESS in states:
            (whole,) = self._rows(f"SELECT count(*) AS count FROM item WHERE {there}", *values)
            others = sum(counts.values()) - counts["invalid"]
            counts = {State.SUCCESS.value: whole["count"] - others, **counts}
        return {
            state: count
            for state, count in counts.items()
            if count and (not states or state in states)
        }

    def show(self, external_id: str) -> list[Row]:
        """Return the items with this externalId (one a target), each with its `history`."""
        query = f"SELECT item.item_id AS row, {ITEM_COLUMNS} FROM {ITEM_TABLES} WHERE"
        found = list(self._rows(query + OF_EXTERNAL_ID, external_id))
        for one in found:
            one["history"] = list(self._rows(ATTEMPTS, one.pop("row")))
        invalid = f"SELECT {INVALID_COLUMNS} FROM {INVALID_TABLES} WHERE invalid.external_id = ?"
        return found + [{**one, "history": []} for one in self._rows(invalid, external_id)]

    def _rows(self, query: str, *values: Any) -> Generator[Row]:
        with ledger_errors(self.path):
            yield from self._db.execute(query, values)


def _of_states(states: Sequence[str]) -> tuple[str, list[Any]]:
    """Return a condition and its values."""
    if not states:
        return "1", []
    wanted = f"{ITEM_STATE} IN ({placeholders(states)})"
    if State.SUCCESS in states:
        return wanted, [*states]
    # The index of trouble serves only who says that no success is asked for.
    stored = {*states, *([State.PENDING] if State.SUBMITTED in states else [])}
    found = (
        f"SELECT item_id FROM item WHERE state <> 'success' AND state IN ({placeholders(stored)})"
    )
    return f"item.item_id IN ({found}) AND {wanted}", [*stored, *states]


def _as_dict(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    check_row(values)
    row = {column[0]: value for column, value in zip(cursor.description, values, strict=True)}
    for name in ID_COLUMNS:
        # An earlier version may have stored anything.
        if (value := row.get(name)) is not None and not is_id(value):
            row[name] = None
    return row
