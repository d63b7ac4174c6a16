"""The invalid records of a manifest, as its last run found them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import orjson

from ld_import.ledger.dated_exports import is_earlier_export
from ld_import.ledger.sql import (
    DELETE_INVALID,
    FORGET_SENT_SINCE,
    INSERT_INVALID,
    OTHERS_WITH_INVALID,
)
from ld_import.ledger.stored_text import encodable, storable
from ld_import.model import Invalid


class InvalidRecords:
    """The invalid records of one target, written through `db` within the caller's transaction.

    `redact` removes secrets from the descriptions of problems.
    """

    def __init__(
        self, db: sqlite3.Connection, target_id: int, redact: Callable[[str], str]
    ) -> None:
        """Write nothing yet."""
        self._db = db
        self._target_id = target_id
        self._redact = redact
        self._last: tuple[int, str, int] | None = None
        self._ordinal = 0

    def record(self, records: Sequence[Invalid], manifest: str, *, run_number: int) -> None:
        """Write the problems of invalid records, which a run passes in the order of the lines."""
        self._db.executemany(
            INSERT_INVALID,
            (
                (
                    self._target_id,
                    manifest,
                    record.line,
                    self._ordinal_of((run_number, manifest, record.line)),
                    record.external_id and encodable(record.external_id),
                    self._problems_json(record),
                    run_number,
                )
                for record in records
            ),
        )

    def forget(self, manifest: str, *, run_number: int) -> None:
        """Delete the invalid records of earlier runs that a complete run settles."""
        others = self._db.execute(OTHERS_WITH_INVALID, (self._target_id, manifest, run_number))
        replaced = [name for (name,) in others if is_earlier_export(name, than=manifest)]
        self._db.executemany(
            DELETE_INVALID,
            ((self._target_id, name, run_number) for name in (manifest, *replaced)),
        )
        self._db.execute(FORGET_SENT_SINCE, (self._target_id,))

    def _ordinal_of(self, place: tuple[int, str, int]) -> int:
        """Return the position of the next record among those of its run, manifest and line."""
        self._ordinal = self._ordinal + 1 if place == self._last else 1
        self._last = place
        return self._ordinal

    def _problems_json(self, record: Invalid) -> str:
        texts = [storable(self._redact(problem.text)) for problem in record.problems]
        return orjson.dumps(texts).decode()
