"""Batches as stored: those that are still open, and the number of items sent in a period."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ld_import.ledger.corruption import CorruptValue
from ld_import.ledger.row_validation import count_from, moment_from, open_batch_from
from ld_import.ledger.sql import (
    INVALID_BATCH_STATE,
    ITEMS_OF_BATCH,
    OPEN_BATCH,
    OPEN_BATCH_IDS,
    SENT,
    unix_seconds,
)
from ld_import.model import OpenBatch

T = TypeVar("T")


class BatchReader:
    """The batches of one target, read through `db`."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read nothing yet."""
        self._db = db
        self._target_id = target_id

    def open_ids(self) -> list[int]:
        """Return the ids of the open batches, oldest first; raises CorruptValue.

        An invalid state is an error: a batch with such a state would stay open for ever, and no
        run would follow it.
        """
        for (state,) in self._db.execute(INVALID_BATCH_STATE):
            raise CorruptValue(f"{state!r} is not a state of a batch")
        return [batch_id for (batch_id,) in self._db.execute(OPEN_BATCH_IDS, (self._target_id,))]

    def open_batch(self, batch_id: int, *, run_number: int) -> OpenBatch | None:
        """Return an open batch with its items, `None` if it is settled."""
        batch = self._db.execute(
            OPEN_BATCH, {"run_number": run_number, "batch_id": batch_id}
        ).fetchone()
        if batch is None:
            return None
        rows = self._db.execute(ITEMS_OF_BATCH, {"batch_id": batch_id}).fetchall()
        job_id, created_at, item_count, *later_runs = batch
        return open_batch_from(batch_id, job_id, created_at, item_count, later_runs, rows)

    def count_sent(self, after: datetime, until: datetime) -> int:
        """Return the number of items in requests of this period that were not declined."""
        return self._sent("coalesce(sum(item_count), 0)", count_from, after, until) or 0

    def oldest_sent(self, after: datetime, until: datetime) -> datetime | None:
        """Return the time of the first of those requests."""
        return self._sent("min(created_at)", moment_from, after, until)

    def _sent(
        self, aggregate: str, value_from: Callable[[Any], T], after: datetime, until: datetime
    ) -> T | None:
        (value,) = self._db.execute(
            SENT.format(aggregate), (self._target_id, unix_seconds(after), unix_seconds(until))
        ).fetchone()
        return None if value is None else value_from(value)
