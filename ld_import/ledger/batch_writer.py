"""Writing a batch: before its request, after its answer, and with its outcomes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ld_import.ledger.known_items import KnownItems
from ld_import.ledger.media_rows import MediaRows
from ld_import.ledger.sql import (
    HELD,
    INSERT_ATTEMPT,
    INSERT_BATCH,
    OTHER,
    REFUSE_BATCH,
    REFUSE_ITEMS,
    ROWS_OF_BATCH,
    SETTLE_ATTEMPT,
    SETTLE_ATTEMPTS,
    SETTLE_BATCH,
    SETTLE_ITEM,
    SUBMIT_BATCH,
    UNCHANGED,
    UPSERT_ITEM,
    unix_seconds,
)
from ld_import.ledger.stored_text import storable
from ld_import.model import Content, Item, ItemKey, Job, Outcome, State


class BatchWriter:
    """Writes batches, attempts and items through `db`, within the caller's transaction.

    `redact` removes secrets from URLs and from reasons the server gives.
    """

    def __init__(
        self, db: sqlite3.Connection, target_id: int, redact: Callable[[str], str]
    ) -> None:
        """Write nothing yet."""
        self._db = db
        self._target_id = target_id
        self._redact = redact
        self._items = KnownItems(db, target_id)
        self._media = MediaRows(db, redact)
        # A cache: of the batches that this run has begun and not yet closed.
        self._rows_in_flight: dict[int, dict[ItemKey, int]] = {}

    def begin(
        self,
        items: Sequence[Item],
        field_hashes: Sequence[bytes],
        *,
        run_number: int,
        request_digest: bytes,
        now: datetime,
    ) -> int:
        """Write a batch and its attempts; return its id."""
        at = unix_seconds(now)
        batch = (run_number, self._target_id, len(items), request_digest, at)
        batch_id = int(self._db.execute(INSERT_BATCH, batch).lastrowid or 0)
        row_before = self._items.highest_row()
        self._db.executemany(
            UPSERT_ITEM,
            (
                self._item_row(item, hashes, batch_id, at)
                for item, hashes in zip(items, field_hashes, strict=True)
            ),
        )
        if self._items.highest_row() - row_before == len(items):
            # All items are new: SQLite gave them consecutive rows.
            rows = {item.key: row for row, item in enumerate(items, row_before + 1)}
        else:
            rows = self._items.rows_of([item.key for item in items])
        self._db.executemany(INSERT_ATTEMPT, ((batch_id, rows[item.key]) for item in items))
        self._rows_in_flight[batch_id] = rows
        return batch_id

    def submit(self, batch_id: int, job: Job, now: datetime) -> None:
        """Write the job of a batch."""
        values = (job.job_id, storable(job.state), unix_seconds(now), batch_id)
        self._db.execute(SUBMIT_BATCH, values)

    def refuse(self, batch_id: int, reason: str, now: datetime) -> None:
        """Close a batch that the server declined as a whole."""
        reason, at = storable(self._redact(reason)), unix_seconds(now)
        self._db.execute(REFUSE_BATCH, (reason, at, batch_id))
        self._db.execute(SETTLE_ATTEMPTS, (State.REFUSED, reason, None, batch_id))
        self._db.execute(REFUSE_ITEMS, (reason, at, batch_id, batch_id))
        self._rows_in_flight.pop(batch_id, None)

    def settle(
        self, batch_id: int, outcomes: Sequence[Outcome], *, job_state: str, now: datetime
    ) -> None:
        """Close a batch with the outcomes of all its items."""
        at = unix_seconds(now)
        rows = self._rows_in_flight.pop(batch_id, None) or self._rows_of_batch(batch_id)
        ends = [
            (outcome.state, outcome.reason and storable(self._redact(outcome.reason)))
            for outcome in outcomes
        ]
        self._db.execute(SETTLE_BATCH, (storable(job_state), at, batch_id))
        self._media.update([(rows[outcome.key], outcome) for outcome in outcomes], batch_id)
        self._db.executemany(
            SETTLE_ITEM,
            (
                (
                    *end,
                    outcome.media_id,
                    at,
                    _content_of(outcome),
                    outcome.held,
                    rows[outcome.key],
                    batch_id,
                )
                for outcome, end in zip(outcomes, ends, strict=True)
            ),
        )
        results = [
            (*end, _is_existing(outcome)) for outcome, end in zip(outcomes, ends, strict=True)
        ]
        if len(results) == len(rows) and len(set(results)) == 1:
            self._db.execute(SETTLE_ATTEMPTS, (*results[0], batch_id))
            return
        self._db.executemany(
            SETTLE_ATTEMPT,
            (
                (*result, batch_id, rows[outcome.key])
                for outcome, result in zip(outcomes, results, strict=True)
            ),
        )

    def _rows_of_batch(self, batch_id: int) -> dict[ItemKey, int]:
        rows = self._db.execute(ROWS_OF_BATCH, (batch_id,))
        return {ItemKey(system_name, name): row for system_name, name, row in rows}

    def _item_row(self, item: Item, field_hashes: bytes, batch_id: int, at: int) -> tuple[Any, ...]:
        return (
            self._target_id,
            *item.key,
            item.checksum,
            item.record_digest,
            field_hashes,
            batch_id,
            self._redact(item.url),
            item.file_name,
            item.line,
            at,
            at,
        )


def _is_existing(outcome: Outcome) -> int | None:
    """Return whether the entry existed before the attempt, `None` if the outcome does not say."""
    if outcome.is_existing:
        return 1
    return 0 if outcome.state is State.SUCCESS else None


def _content_of(outcome: Outcome) -> int:
    """Return whether the server holds the content that was sent last, for `SETTLE_ITEM`."""
    if outcome.state is State.SUCCESS:
        return HELD
    if outcome.state is not State.SKIPPED:
        return UNCHANGED
    return HELD if outcome.content is Content.SAME else OTHER
