"""Removing items from a ledger: the next run treats them as new.

Requests of the last 24 hours stay, since they count against the quota of the server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from ld_import.errors import UsageError
from ld_import.ledger.editing import changes, copy_beside, opened_to_change
from ld_import.ledger.row_ranges import unpacked
from ld_import.ledger.sql import IN_RUN, OF_ITEM, unix_seconds
from ld_import.ledger.target_filter import TargetFilter

QUOTA_PERIOD = timedelta(hours=24)
COPY_ENDING = ".before-forget"

TARGET_ID = "SELECT target_id FROM target WHERE server = ? AND project = ? AND kind = ?"
RUN_NUMBER = "SELECT run_number FROM run WHERE target_id = ? AND run_id = ?"
CHOSEN = "CREATE TEMP TABLE chosen (item_id INTEGER PRIMARY KEY)"
OF_TARGET = """
INSERT INTO chosen SELECT item_id FROM item JOIN system USING (system_id)
WHERE target_id = :target_id AND (:system_name IS NULL OR system_name = :system_name)
"""
OF_IDS = f"{OF_TARGET} AND external_id IN (SELECT value FROM json_each(:ids))"
# Of the first attempt that the ledger has, and only if it has all attempts.
OF_RUN = f"""{OF_TARGET} AND item_id IN (
  SELECT item_id FROM {IN_RUN.replace("?", ":run_number")})
AND attempts = (SELECT count(*) FROM {OF_ITEM})
AND :run_number = (
  SELECT run_number FROM {OF_ITEM} JOIN batch USING (batch_id) ORDER BY batch_id LIMIT 1)
"""
SENT_IN_RUN = f"SELECT count(DISTINCT item_id) FROM {IN_RUN}"
UPLOADS = """
DELETE FROM upload WHERE (target_id, system_name, external_id) IN (
  SELECT target_id, system_name, external_id
  FROM item JOIN system USING (system_id) JOIN chosen USING (item_id))
"""
IS_CHOSEN = "item_id IN (SELECT item_id FROM chosen)"
COUNTS = f"""
SELECT count(*), coalesce(sum(media_id IS NOT NULL OR state IN ('success', 'skipped')), 0),
  coalesce(sum(state = 'pending'), 0)
FROM item WHERE {IS_CHOSEN}
"""
ARCHIVING = f"SELECT count(*) FROM archiving WHERE {IS_CHOSEN}"
UNKNOWN_IDS = """
SELECT value FROM json_each(:ids) WHERE value NOT IN (
  SELECT external_id FROM item JOIN chosen USING (item_id))
AND value NOT IN (
  SELECT external_id FROM invalid WHERE target_id = :target_id AND external_id IS NOT NULL)
"""
DELETIONS = tuple(
    f"DELETE FROM {table} WHERE {IS_CHOSEN}"
    for table in ("archiving", "media", "earlier_attempt", "digest", "item")
)
BLOCKS = "SELECT digest, rows FROM block WHERE target_id = ?"
DELETE_BLOCK = "DELETE FROM block WHERE target_id = ? AND digest = ?"
INVALID = "DELETE FROM invalid WHERE target_id = :target_id"
INVALID_OF_IDS = f"{INVALID} AND external_id IN (SELECT value FROM json_each(:ids))"
INVALID_OF_RUN = f"{INVALID} AND run_number = :run_number"
# Everything else of a target, but for the requests after a moment and their runs.
REST = (
    "DELETE FROM block WHERE target_id = :target_id",
    "DELETE FROM digest WHERE target_id = :target_id",
    "DELETE FROM digest_note WHERE target_id = :target_id",
    "DELETE FROM upload WHERE target_id = :target_id",
    "DELETE FROM batch_size WHERE target_id = :target_id",
    INVALID,
    "DELETE FROM batch WHERE target_id = :target_id"
    " AND (created_at <= :quota_since OR state = 'refused' OR run_number IN ("
    "SELECT run_number FROM run WHERE activity <> 'import'))",
    "UPDATE batch SET state = 'settled', job_state = 'forgotten', settled_at = created_at"
    " WHERE target_id = :target_id AND state IN ('pending', 'submitted')",
    "DELETE FROM run WHERE target_id = :target_id"
    " AND run_number NOT IN (SELECT run_number FROM batch)",
    "DELETE FROM target WHERE target_id = :target_id"
    " AND target_id NOT IN (SELECT target_id FROM run)",
)
KEPT_REQUESTS = "SELECT count(*) FROM batch WHERE target_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The items to remove: exactly one of ids, those first sent in a run, or all."""

    external_ids: Sequence[str] = ()
    run_id: str | None = None
    is_all: bool = False


@dataclass(slots=True, kw_only=True)
class Forgotten:
    """The result: the number of items removed, and of those that have an entry on the server.

    - `invalid`: the invalid records removed.
    - `unknown_ids`: ids of the choice that the ledger does not have.
    - `known_before`: items of the run that an earlier run had sent, which stay.
    - `open`: items without a recorded result; removed with a whole target only.
    - `kept_requests`: requests of a target that stay because they count against the quota.
    - `copy`: the copy of the ledger before.
    """

    items: int = 0
    on_server: int = 0
    open: int = 0
    invalid: int = 0
    known_before: int = 0
    kept_requests: int = 0
    unknown_ids: list[str] = field(default_factory=list)
    copy: Path | None = None


def forget(
    path: Path, target: TargetFilter, choice: Choice, *, now: datetime, is_dry_run: bool
) -> Forgotten:
    """Remove items of one target; a dry run does it in a temporary copy.

    Before, the ledger is copied beside itself. Raises UsageError if nothing is chosen or a result
    of a chosen item is not recorded yet, LedgerLocked and LedgerError.
    """
    with opened_to_change(path, is_dry_run=is_dry_run) as db:
        work = _Forgetting(db, target, choice, now)
        result = work.chosen()
        if not is_dry_run:
            result.copy = copy_beside(db, path, COPY_ENDING)
        with changes(db):
            work.delete(result)
        return result


class _Forgetting:
    """Chooses and deletes, through `db`."""

    def __init__(
        self, db: sqlite3.Connection, target: TargetFilter, choice: Choice, now: datetime
    ) -> None:
        self._db = db
        self._choice = choice
        row = db.execute(TARGET_ID, (target.server, target.project, target.kind)).fetchone()
        self._values = {
            "target_id": row[0] if row else 0,
            "system_name": target.system_name,
            "ids": orjson.dumps(list(choice.external_ids)).decode(),
            "run_number": self._run_number(row[0] if row else 0),
            "quota_since": unix_seconds(now - QUOTA_PERIOD),
        }
        # A target is removed with everything in it; one systemName of it only with its items.
        self._is_whole = choice.is_all and target.system_name is None

    def chosen(self) -> Forgotten:
        """Choose the items and count them."""
        self._db.execute(CHOSEN)
        query = OF_TARGET if self._choice.is_all else OF_RUN if self._choice.run_id else OF_IDS
        self._db.execute(query, self._values)
        result = Forgotten()
        result.items, result.on_server, result.open = self._db.execute(COUNTS).fetchone()
        if self._choice.run_id:
            sent = self._db.execute(SENT_IN_RUN, (self._values["run_number"],) * 2).fetchone()[0]
            result.known_before = sent - result.items
        else:
            unknown = self._db.execute(UNKNOWN_IDS, self._values)
            result.unknown_ids = [name for (name,) in unknown]
        self._check(result)
        return result

    def delete(self, result: Forgotten) -> None:
        """Delete what is chosen, and all that refers to it."""
        self._delete_blocks()
        for statement in (UPLOADS, *DELETIONS):
            self._db.execute(statement)
        if self._is_whole:
            result.invalid = self._db.execute(INVALID, self._values).rowcount
            for statement in REST:
                self._db.execute(statement, self._values)
            (result.kept_requests,) = self._db.execute(
                KEPT_REQUESTS, (self._values["target_id"],)
            ).fetchone()
        elif not self._choice.is_all:
            query = INVALID_OF_RUN if self._choice.run_id else INVALID_OF_IDS
            result.invalid = self._db.execute(query, self._values).rowcount

    def _run_number(self, target_id: int) -> int:
        run_id = self._choice.run_id
        if run_id is None:
            return 0
        row = self._db.execute(RUN_NUMBER, (target_id, run_id)).fetchone()
        if row is None:
            raise UsageError(
                f"the ledger has no run {run_id!r} of this target",
                hint="`ld-import ledger runs` lists the runs",
            )
        return int(row[0])

    def _check(self, result: Forgotten) -> None:
        if result.open and not self._is_whole:
            raise UsageError(
                f"{result.open:,} of the items are in requests whose result is not recorded yet",
                hint="run the import again, which records it; then forget them",
            )
        if self._db.execute(ARCHIVING).fetchone()[0] and not self._is_whole:
            raise UsageError(
                "an undo of some of the items was interrupted",
                hint="run the same `ld-import ledger undo` again, which completes it; then forget"
                " them",
            )

    def _delete_blocks(self) -> None:
        """Delete the blocks with a chosen item: its row number may be given to another item."""
        chosen = {row for (row,) in self._db.execute("SELECT item_id FROM chosen")}
        target_id = self._values["target_id"]
        gone = [
            (target_id, digest)
            for digest, rows in self._db.execute(BLOCKS, (target_id,))
            if not chosen.isdisjoint(unpacked(rows))
        ]
        self._db.executemany(DELETE_BLOCK, gone)
