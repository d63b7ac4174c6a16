"""Removing history that no decision needs: attempts, requests, runs and invalid records.

All items stay, each with its last attempt. Other rows that stay: requests without a result, and
attempts of items whose result is unknown; the requests of the last 24 hours, which count against
the quota; of each manifest the run whose settings new runs are compared with, and the last run with
each exit code; the last request, whose number would be given again.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ld_import.errors import LedgerError
from ld_import.ledger.corruption import ledger_error
from ld_import.ledger.editing import changes, opened_to_change
from ld_import.ledger.sql import unix_seconds

QUOTA_PERIOD = timedelta(hours=24)
CLOSED = "state IN ('settled', 'refused')"

# The runs that `LAST_IDENTITY` finds.
IDENTITY_RUNS = """
CREATE TEMP TABLE identity_run AS
SELECT max(run_number) AS run_number FROM (
  SELECT run_number, target_id, 'm' || manifest AS name FROM run
  WHERE activity <> 'undo'
    AND run_number IN (SELECT run_number FROM batch WHERE state <> 'refused')
  UNION ALL SELECT run_number, target_id, 'r' || records_file FROM run
  WHERE activity <> 'undo' AND records_file IS NOT NULL
    AND run_number IN (SELECT run_number FROM batch WHERE state <> 'refused'))
GROUP BY target_id, name
"""
KEPT_RUNS = """
CREATE TEMP TABLE kept_run AS
SELECT run_number FROM identity_run
UNION SELECT max(run_number) FROM run GROUP BY target_id, manifest, activity, exit_code
UNION SELECT run_number FROM archiving
UNION SELECT run_number FROM run WHERE run_number >= (
  SELECT min(run_number) FROM batch WHERE state IN ('pending', 'submitted'))
"""
KEPT_BATCHES = """
CREATE TEMP TABLE kept_batch AS
SELECT max(batch_id) AS batch_id FROM batch
UNION SELECT min(batch_id) FROM batch JOIN identity_run USING (run_number)
WHERE state <> 'refused' GROUP BY run_number
"""
# An item whose result is unknown needs its earlier attempts: the first without an answer dates it.
ATTEMPTS = f"""
DELETE FROM earlier_attempt WHERE batch_id IN (
  SELECT batch_id FROM batch WHERE created_at < :before AND {CLOSED})
AND EXISTS (
  SELECT 1 FROM item WHERE item.item_id = earlier_attempt.item_id
    AND item.state IN ('success', 'skipped', 'failed'))
"""
BATCHES = f"""
DELETE FROM batch WHERE created_at < :before AND {CLOSED}
AND batch_id NOT IN (SELECT batch_id FROM kept_batch WHERE batch_id IS NOT NULL)
AND NOT EXISTS (SELECT 1 FROM item WHERE item.batch_id = batch.batch_id)
AND NOT EXISTS (SELECT 1 FROM earlier_attempt WHERE earlier_attempt.batch_id = batch.batch_id)
"""
INVALID = """
DELETE FROM invalid WHERE run_number IN (SELECT run_number FROM run WHERE started_at < :before)
"""
RUNS = """
DELETE FROM run WHERE started_at < :before
AND run_number NOT IN (SELECT run_number FROM kept_run WHERE run_number IS NOT NULL)
AND run_number NOT IN (SELECT run_number FROM batch)
AND run_number NOT IN (SELECT run_number FROM invalid)
AND run_number NOT IN (SELECT run_number FROM upload)
"""


@dataclass(slots=True, kw_only=True)
class Pruned:
    """The number of removed rows, and the size of the ledger in bytes before and after.

    For a dry run, `bytes_after` counts only the pages that would be free. `before` is the moment
    that was used.
    """

    before: datetime
    attempts: int = 0
    batches: int = 0
    runs: int = 0
    invalid: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def prune(path: Path, before: datetime, *, now: datetime, is_dry_run: bool) -> Pruned:
    """Remove history from before a moment, at the latest 24 hours ago; then shrink the file.

    A dry run does it in a temporary copy. Raises LedgerLocked and LedgerError; if only the file
    could not be shrunk, the history is removed even so.
    """
    result = Pruned(before=min(before, now - QUOTA_PERIOD))
    with opened_to_change(path, is_dry_run=is_dry_run) as db:
        result.bytes_before = _size(db)
        free_before = _free(db)
        with changes(db):
            _delete(db, result)
        if is_dry_run:
            result.bytes_after = result.bytes_before - (_free(db) - free_before)
        else:
            _shrink(db, path)
            result.bytes_after = _size(db)
    return result


def _delete(db: sqlite3.Connection, result: Pruned) -> None:
    values = {"before": unix_seconds(result.before)}
    for statement in (IDENTITY_RUNS, KEPT_RUNS, KEPT_BATCHES):
        db.execute(statement)
    result.attempts = db.execute(ATTEMPTS, values).rowcount
    result.batches = db.execute(BATCHES, values).rowcount
    result.invalid = db.execute(INVALID, values).rowcount
    result.runs = db.execute(RUNS, values).rowcount


def _shrink(db: sqlite3.Connection, path: Path) -> None:
    try:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        cause = ledger_error(path, error)
        raise LedgerError(
            f"the history is removed, but the file was not made smaller: {error}", hint=cause.hint
        ) from error


def _size(db: sqlite3.Connection) -> int:
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    return int(pages * page_bytes)


def _free(db: sqlite3.Connection) -> int:
    (pages,) = db.execute("PRAGMA freelist_count").fetchone()
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    return int(pages * page_bytes)
