"""The item of a record text, found by the digest of the text; indexed in bulk after sending.

Digests are random: with an index on `item`, the commit of each request would write one page for
every item. Written together and sorted, a hundred thousand digests cost almost nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from ld_import.ledger.connect import transaction
from ld_import.ledger.row_groups import Blob
from ld_import.ledger.row_validation import state_from
from ld_import.ledger.sql import padded, placeholders
from ld_import.model import OPEN, State

# The last condition omits digests of an earlier text of the record.
KNOWN = """
SELECT digest, item_id, state FROM digest JOIN item USING (item_id)
WHERE digest.target_id = ? AND digest IN ({}) AND digest = record_digest
"""
LAST_BATCH = "SELECT coalesce(max(batch_id), 0) FROM batch WHERE target_id = ?"
NOTED_UNTIL = "SELECT last_batch_id FROM digest_note WHERE target_id = ?"
NOTE = "INSERT OR REPLACE INTO digest_note VALUES (?, ?)"
NOTE_SENT = """
INSERT OR REPLACE INTO digest
SELECT target_id, record_digest, item_id FROM item
WHERE batch_id > ? AND target_id = ? ORDER BY record_digest
"""
NOTE_SENT_OTHERS = NOTE_SENT.replace("ORDER BY", "AND NOT is_covered(item_id) ORDER BY")
NOTE_MET = """
INSERT OR REPLACE INTO digest SELECT target_id, record_digest, item_id FROM item
WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY record_digest
"""
COUNTS = "SELECT (SELECT count(*) FROM digest), (SELECT count(*) FROM item)"
SWEEP = """
DELETE FROM digest WHERE NOT EXISTS (
  SELECT 1 FROM item WHERE item.item_id = digest.item_id AND record_digest = digest)
"""
# The average number of digests per item above which outdated ones are deleted.
MOST_PER_ITEM = 2


class Digests:
    """The digests of the records of one target, read and written through `db`."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read nothing yet."""
        self._db = db
        self._target_id = target_id
        self._has_learned = False

    def known(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, State]]:
        """Return row and state of the settled items of these records, as far as indexed."""
        digests = padded(digests)
        query = KNOWN.format(placeholders(digests))
        return {
            digest: (row, state)
            for digest, row, value in self._db.execute(
                query, (self._target_id, *map(Blob, digests))
            )
            if (state := state_from(value)) not in OPEN
        }

    def learn(self, digests: Sequence[tuple[int, bytes]]) -> None:
        """Write digests, as (row, digest), within the caller's transaction."""
        self._db.executemany(
            "UPDATE item SET record_digest = ? WHERE item_id = ?",
            ((Blob(digest), row) for row, digest in digests),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO digest VALUES (?, ?, ?)",
            ((self._target_id, Blob(digest), row) for row, digest in digests),
        )
        self._has_learned = True

    def note(self) -> None:
        """Index the digests of the items sent since the last call."""
        since, last = self._batches_to_note()
        if last > since or self._has_learned:
            with transaction(self._db):
                self._db.execute(NOTE_SENT, (since, self._target_id))
                self._end_note(last)

    def note_others(self, is_covered: bytearray, met: Sequence[int]) -> None:
        """Index the digests of the items sent since the last call and of the rows `met`.

        Items whose row is 1 in `is_covered` are omitted. Runs within the caller's transaction.
        """
        since, last = self._batches_to_note()
        if last == since and not met and not self._has_learned:
            return
        self._db.create_function("is_covered", 1, is_covered.__getitem__)
        self._db.execute(NOTE_SENT_OTHERS, (since, self._target_id))
        self._db.execute(NOTE_MET, (orjson.dumps(list(met)).decode(),))
        self._db.create_function("is_covered", 1, None)
        self._end_note(last)

    def _batches_to_note(self) -> tuple[int, int]:
        """Return the last batch whose items are indexed, and the last batch."""
        (last,) = self._db.execute(LAST_BATCH, (self._target_id,)).fetchone()
        indexed = self._db.execute(NOTED_UNTIL, (self._target_id,)).fetchone()
        return indexed[0] if indexed else 0, last

    def _end_note(self, last: int) -> None:
        self._db.execute(NOTE, (self._target_id, last))
        self._sweep()
        self._has_learned = False

    def _sweep(self) -> None:
        digest_count, item_count = self._db.execute(COUNTS).fetchone()
        if digest_count > MOST_PER_ITEM * item_count:
            self._db.execute(SWEEP)
