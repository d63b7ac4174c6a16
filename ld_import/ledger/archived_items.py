"""Undo in the ledger: the items of a run with the evidence of who created their entries.

An item whose entry was archived is `failed` without a mediaId: the next run leaves it, an export
does not name it, and its URL may come under another id.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime

from ld_import.ledger.row_validation import archiving_from, created_item_from
from ld_import.ledger.sql import (
    IN_RUN,
    KEEP_ATTEMPTS,
    KEEP_FIRST_SEEN,
    OF_ITEM,
    attempts,
    placeholders,
    unix_seconds,
)
from ld_import.model import Archiving, CreatedItem, State

ARCHIVED = "archived"

RUN_NAMED = "SELECT run_number, activity FROM run WHERE target_id = ? AND run_id = ?"
# `own` are the attempts of the run; the columns about the last attempt are those of `batch`, `run`.
OF_RUN = f"""
SELECT item.item_id, system.system_name, item.external_id, item.state, item.media_id,
  coalesce(item.marks_held, item.marks), item.is_existing,
  (SELECT min(first.created_at) FROM {OF_ITEM} AS each JOIN batch AS first USING (batch_id)),
  min(own_batch.created_at),
  (SELECT min(next.created_at) FROM {OF_ITEM} AS each JOIN batch AS next USING (batch_id)
    WHERE each.batch_id > max(own.batch_id)),
  batch.settled_at, run.ended_at,
  item.attempts - (SELECT count(*) FROM {OF_ITEM}),
  run.run_id, run.activity
FROM item JOIN system USING (system_id)
JOIN {attempts("item_id IN ({0})")} AS own ON own.item_id = item.item_id
JOIN batch AS own_batch ON own_batch.batch_id = own.batch_id AND own_batch.run_number = ?
JOIN batch ON batch.batch_id = item.batch_id
JOIN run ON run.run_number = batch.run_number
WHERE item.item_id IN ({{0}})
GROUP BY item.item_id ORDER BY item.item_id
"""
ARCHIVED_ROWS = f"""
SELECT item_id FROM item JOIN batch USING (batch_id) JOIN run USING (run_number)
WHERE item.target_id = ? AND item.state = '{State.FAILED}' AND item.state <> 'success'
  AND run.activity = 'undo'
"""
ROWS_OF_RUN = f"SELECT DISTINCT item_id FROM {IN_RUN} ORDER BY item_id"
BEGIN = "INSERT OR REPLACE INTO archiving VALUES (?, ?, ?, ?)"
BEGUN = """
SELECT item_id, system.system_name, external_id, media_id, run.run_id, version, entry_digest
FROM archiving JOIN item USING (item_id) JOIN system USING (system_id) JOIN run USING (run_number)
WHERE item.target_id = ? ORDER BY item_id
"""
END = "DELETE FROM archiving WHERE item_id = ?"
INSERT_BATCH = f"""
INSERT INTO batch (run_number, target_id, item_count, request_digest, state, job_state, created_at,
                   settled_at)
VALUES (?, ?, ?, x'', 'settled', '{ARCHIVED}', ?, ?)
"""
ARCHIVE_ITEM = f"""
UPDATE item SET state = '{State.FAILED}', reason = ?, is_existing = 1, media_id = NULL,
  {KEEP_FIRST_SEEN}, batch_id = ?, attempts = attempts + 1
WHERE item_id = ?
"""
DELETE_MEDIA = "DELETE FROM media WHERE item_id = ?"


class ArchivedItems:
    """The items of one target, read and written through `db` in the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read nothing yet."""
        self._db = db
        self._target_id = target_id

    def run_named(self, run_id: str) -> tuple[int, str] | None:
        """Return number and activity of a run of this target."""
        row = self._db.execute(RUN_NAMED, (self._target_id, run_id)).fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    def rows(self) -> frozenset[int]:
        """Return the rows whose entry was archived by an undo, and not sent again since."""
        rows = self._db.execute(ARCHIVED_ROWS, (self._target_id,))
        return frozenset(row for (row,) in rows)

    def rows_of_run(self, run_number: int) -> array[int]:
        """Return the rows of the items with an attempt in a run, four bytes each."""
        return array(
            "I", (row for (row,) in self._db.execute(ROWS_OF_RUN, (run_number, run_number)))
        )

    def of_run(self, run_number: int, rows: Sequence[int]) -> list[CreatedItem]:
        """Return the items in these rows, which have an attempt in a run."""
        query = OF_RUN.format(placeholders(rows))
        values = (*rows, *rows, run_number, *rows)
        return [created_item_from(row) for row in self._db.execute(query, values)]

    def begun(self) -> list[Archiving]:
        """Return the entries whose archiving has begun, and has no result yet."""
        rows = self._db.execute(BEGUN, (self._target_id,))
        return [archiving_from(row) for row in rows]

    def begin(self, begun: Sequence[tuple[int, str, bytes]], run_number: int) -> None:
        """Write that these entries will be archived: row, version and digest of each."""
        self._db.executemany(
            BEGIN, ((row, run_number, version, digest) for row, version, digest in begun)
        )

    def end(
        self,
        archived: Mapping[int, str],
        left: Sequence[int],
        *,
        run_number: int,
        now: datetime,
    ) -> None:
        """Write the results: the rows that were archived with their reason, and the rows left."""
        at = unix_seconds(now)
        if archived:
            batch = (run_number, self._target_id, len(archived), at, at)
            batch_id = self._db.execute(INSERT_BATCH, batch).lastrowid
            self._db.execute(KEEP_ATTEMPTS.format(placeholders(archived)), [*archived])
            self._db.executemany(
                ARCHIVE_ITEM, ((reason, batch_id, row) for row, reason in archived.items())
            )
            self._db.executemany(DELETE_MEDIA, ((row,) for row in archived))
        self._db.executemany(END, ((row,) for row in (*archived, *left)))
