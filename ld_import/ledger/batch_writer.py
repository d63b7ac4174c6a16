"""Writing a batch: before its request, after its answer, and with its outcomes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from ld_import.created import CreatedOutcomes, count_states
from ld_import.ledger.batch_rows import NewRows, media_ids_of, rows_of
from ld_import.ledger.known_items import KnownItems
from ld_import.ledger.media_rows import MediaRows
from ld_import.ledger.numbered_texts import SYSTEMS, NumberedTexts
from ld_import.ledger.row_groups import Blob, execute_for_rows
from ld_import.ledger.sent_blocks import SentSpans
from ld_import.ledger.sql import (
    HELD,
    INSERT_BATCH,
    INSERT_ITEMS,
    KEEP_ATTEMPTS,
    OTHER,
    REFUSE_BATCH,
    REFUSE_EARLIER,
    REFUSE_ITEMS,
    RENEW_ITEM,
    ROWS_OF_BATCH,
    SETTLE_BATCH,
    SETTLE_CREATED,
    SETTLE_EARLIER,
    SETTLE_ITEM,
    SETTLE_SUCCESSES,
    SUBMIT_BATCH,
    UNCHANGED,
    padded,
    placeholders,
    unix_seconds,
)
from ld_import.ledger.stored_text import storable
from ld_import.ledger.url_starts import UrlStarts
from ld_import.model import Content, Item, ItemKey, Job, Outcome, State
from ld_import.redaction import redact_all

# The length of the ids of the API.
MEDIA_ID_LENGTH = 24


class BatchWriter:
    """Writes batches, attempts and items through `db`, within the caller's transaction.

    `redact` removes secrets from URLs and from reasons the server gives. `sent` describes the items
    that were begun since.
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
        self._starts = UrlStarts(db)
        self._systems = NumberedTexts(db, SYSTEMS)
        self.sent = SentSpans()
        # A cache: of the batches that this run has begun and not yet closed.
        self._rows_in_flight: dict[int, Mapping[ItemKey, int]] = {}
        self._media_id_length = MEDIA_ID_LENGTH

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
        self._rows_in_flight[batch_id] = self._begin_items(items, field_hashes, batch_id)
        return batch_id

    def _begin_items(
        self, items: Sequence[Item], field_hashes: Sequence[bytes], batch_id: int
    ) -> Mapping[ItemKey, int]:
        """Write the items of a batch as pending; return their rows."""
        first = self._items.highest_row() + 1
        system_ids = self._systems.numbers_of({item.key[0] for item in items})
        urls = self._starts.split(redact_all([item.url for item in items], self._redact))
        rows = [
            (
                row,
                system_ids[item.key[0]],
                item.key[1],
                Blob(item.checksum),
                Blob(item.record_digest),
                Blob(hashes),
                start,
                url_end,
                item.file_name,
                item.line,
            )
            for row, item, hashes, (start, url_end) in zip(
                range(first, first + len(items)), items, field_hashes, urls, strict=True
            )
        ]
        common = (self._target_id, batch_id, self._media_id_length)
        new_count = execute_for_rows(self._db, INSERT_ITEMS, rows, common)
        if new_count == len(items):
            self.sent.note_begun(first, [item.line for item in items])
            return NewRows(first, [item.key for item in items])
        self.sent.note_others()
        row_numbers = self._items.rows_of([item.key for item in items])
        if len(row_numbers) < len(items):
            raise sqlite3.IntegrityError("a batch has an item twice")
        self._renew(
            [
                (*row[3:6], batch_id, *row[6:], row_numbers[item.key])
                for item, row in zip(items, rows, strict=True)
                if row_numbers[item.key] < first
            ]
        )
        return row_numbers

    def _renew(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the present attempts of known items; their last ones become earlier ones."""
        row_numbers = padded([row[-1] for row in rows])
        self._db.execute(KEEP_ATTEMPTS.format(placeholders(row_numbers)), row_numbers)
        self._db.executemany(RENEW_ITEM, rows)

    def submit(self, batch_id: int, job: Job, now: datetime) -> None:
        """Write the job of a batch."""
        values = (job.job_id, storable(job.state), unix_seconds(now), batch_id)
        self._db.execute(SUBMIT_BATCH, values)

    def refuse(self, batch_id: int, reason: str, now: datetime) -> None:
        """Close a batch that the server declined as a whole."""
        reason, at = storable(self._redact(reason)), unix_seconds(now)
        self._db.execute(REFUSE_BATCH, (reason, at, batch_id))
        self._db.execute(REFUSE_EARLIER, (reason, batch_id))
        self._db.execute(REFUSE_ITEMS, (reason, batch_id))
        self._rows_in_flight.pop(batch_id, None)

    def settle(
        self, batch_id: int, outcomes: Sequence[Outcome], *, job_state: str, now: datetime
    ) -> None:
        """Close a batch with the outcomes of all its items."""
        at = unix_seconds(now)
        begun = self._rows_in_flight.pop(batch_id, None)
        if isinstance(begun, NewRows):
            counts = count_states(outcomes)
            self.sent.note_settled(counts[State.SUCCESS] + counts[State.SKIPPED])
        row_of = begun or self._rows_of_batch(batch_id)
        rows = rows_of(outcomes, row_of)
        self._db.execute(SETTLE_BATCH, (storable(job_state), at, batch_id))
        self._media.update(rows, outcomes, batch_id)
        if isinstance(outcomes, CreatedOutcomes) and isinstance(rows, range):
            settled = self._settle_created(rows, outcomes, batch_id)
        elif isinstance(outcomes, CreatedOutcomes) or all(map(_is_plain_success, outcomes)):
            settled = self._settle_successes(rows, outcomes, batch_id)
        else:
            settled = self._settle_items(rows, outcomes, batch_id)
        if settled < len(outcomes):
            # Some of the items were sent again since.
            ends = map(self._end_of, outcomes)
            self._db.executemany(
                SETTLE_EARLIER,
                ((*end, batch_id, row) for row, end in zip(rows, ends, strict=True)),
            )
        lengths = map(len, filter(None, media_ids_of(outcomes)))
        self._media_id_length = max(lengths, default=self._media_id_length)

    def _settle_created(self, rows: range, outcomes: CreatedOutcomes, batch_id: int) -> int:
        media_ids = orjson.dumps(outcomes.media_ids).decode()
        return self._db.execute(SETTLE_CREATED, (media_ids, rows.start, batch_id)).rowcount

    def _settle_successes(
        self, rows: Sequence[int], outcomes: Sequence[Outcome], batch_id: int
    ) -> int:
        values = [
            (row, media_id, batch_id)
            for row, media_id in zip(rows, media_ids_of(outcomes), strict=True)
        ]
        return execute_for_rows(self._db, SETTLE_SUCCESSES, values)

    def _settle_items(self, rows: Sequence[int], outcomes: Sequence[Outcome], batch_id: int) -> int:
        values = [
            (
                *self._end_of(outcome),
                outcome.media_id,
                _content_of(outcome),
                outcome.held,
                row,
                batch_id,
            )
            for row, outcome in zip(rows, outcomes, strict=True)
        ]
        return self._db.executemany(SETTLE_ITEM, values).rowcount

    def _end_of(self, outcome: Outcome) -> tuple[str, str | None, int | None]:
        reason = outcome.reason and storable(self._redact(outcome.reason))
        return outcome.state, reason, _is_existing(outcome)

    def _rows_of_batch(self, batch_id: int) -> dict[ItemKey, int]:
        rows = self._db.execute(ROWS_OF_BATCH, {"batch_id": batch_id})
        return {ItemKey(system_name, name): row for system_name, name, row in rows}


def _is_plain_success(outcome: Outcome) -> bool:
    """Return whether an outcome says only that an entry was created."""
    return outcome.state is State.SUCCESS and not outcome.is_existing and outcome.reason is None


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
        return UNCHANGED if outcome.held is None else OTHER
    return HELD if outcome.content is Content.SAME else OTHER
