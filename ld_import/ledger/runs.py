"""The runs of a ledger: their start and end, and the identity settings they used."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ld_import.ledger.row_validation import identity_from, learned_times_from
from ld_import.ledger.sql import (
    END_RUN,
    INSERT_RUN,
    LAST_IDENTITY,
    LEARN_TIMES,
    LEARNED_TIMES,
    unix_seconds,
)
from ld_import.ledger.stored_text import encodable
from ld_import.model import Identity, LearnedTimes, RunStart


class Runs:
    """The runs of one target, read and written through `db`."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read nothing yet."""
        self._db = db
        self._target_id = target_id

    def first_id(self) -> str:
        """Return the id of the first run of the target, empty without one."""
        query = "SELECT run_id FROM run WHERE target_id = ? ORDER BY run_number LIMIT 1"
        row = self._db.execute(query, (self._target_id,)).fetchone()
        return "" if row is None else str(row[0])

    def begin(self, start: RunStart) -> int:
        """Write the start of a run within the caller's transaction; return its number."""
        values = (
            start.run_id,
            self._target_id,
            start.manifest,
            start.records_file,
            start.system_name,
            start.external_id_template,
            encodable(start.command),
            encodable(start.host),
            start.pid,
            unix_seconds(start.started_at),
            start.activity,
        )
        return int(self._db.execute(INSERT_RUN, values).lastrowid or 0)

    def end(self, run_number: int, *, exit_code: int, summary: str, ended_at: datetime) -> None:
        """Write the end of a run within the caller's transaction."""
        self._db.execute(END_RUN, (unix_seconds(ended_at), exit_code, summary, run_number))

    def learned_times(self) -> LearnedTimes | None:
        """Return what earlier runs learned about the size of batches."""
        row = self._db.execute(LEARNED_TIMES, (self._target_id,)).fetchone()
        return learned_times_from(row) if row else None

    def learn_times(self, learned: LearnedTimes) -> None:
        """Write what a run learned about the size of batches within the caller's transaction."""
        values = (learned.size, learned.fixed_seconds, learned.item_seconds, learned.most)
        self._db.execute(LEARN_TIMES, (self._target_id, *values))

    def identity_of(self, *, manifest: str) -> Identity | None:
        """Return the identity of the last run over this manifest that sent anything."""
        return self._last_identity("manifest", manifest)

    def identity_of_file(self, *, records_file: str) -> Identity | None:
        """Return the identity of the last run over this file of records that sent anything."""
        return self._last_identity("records_file", records_file)

    def _last_identity(self, column: str, value: str) -> Identity | None:
        row = self._db.execute(LAST_IDENTITY.format(column), (self._target_id, value)).fetchone()
        return identity_from(*row) if row else None
