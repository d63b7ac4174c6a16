"""Which item a record's text came to: asked for by digest, noted in bulk once much was sent.

Digests are random: an index in `item` would make the commit of each request write a page for every
item. Noted together and in their order, a hundred thousand of them cost next to nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ld_import.ledger.connect import transaction
from ld_import.ledger.row_validation import state_from
from ld_import.ledger.sql import placeholders
from ld_import.model import OPEN, State

# A digest that was noted once may be of a text that the item's record has no more.
KNOWN = """
SELECT digest, item_id, state FROM digest JOIN item USING (item_id)
WHERE digest.target_id = ? AND digest IN ({}) AND digest = record_digest
"""
LAST_BATCH = "SELECT coalesce(max(batch_id), 0) FROM batch WHERE target_id = ?"
NOTED_UNTIL = "SELECT last_batch_id FROM digest_note WHERE target_id = ?"
NOTE = "INSERT OR REPLACE INTO digest_note VALUES (?, ?)"
NOTE_SENT = """
INSERT OR REPLACE INTO digest
SELECT target_id, record_digest, item_id FROM attempt JOIN item USING (item_id)
WHERE attempt.batch_id > ? AND target_id = ? ORDER BY record_digest
"""
COUNTS = "SELECT (SELECT count(*) FROM digest), (SELECT count(*) FROM item)"
SWEEP = """
DELETE FROM digest WHERE NOT EXISTS (
  SELECT 1 FROM item WHERE item.item_id = digest.item_id AND record_digest = digest)
"""
# Digests an item may have on average before those it has no more are swept away.
MOST_AN_ITEM = 2


class Digests:
    """The digests of one target's records; asks and writes through `db`."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Look at the ledger as it is."""
        self._db = db
        self._target_id = target_id
        self._has_learned = False

    def known(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, State]]:
        """Return row and state of the items of these records, as far as they are noted."""
        asked = KNOWN.format(placeholders(digests))
        return {
            digest: (row, state)
            for digest, row, word in self._db.execute(asked, (self._target_id, *digests))
            if (state := state_from(word)) not in OPEN
        }

    def learn(self, digests: Sequence[tuple[int, bytes]]) -> None:
        """Write digests by (row, digest), within the caller's transaction."""
        self._db.executemany(
            "UPDATE item SET record_digest = ? WHERE item_id = ?",
            ((digest, row) for row, digest in digests),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO digest VALUES (?, ?, ?)",
            ((self._target_id, digest, row) for row, digest in digests),
        )
        self._has_learned = True

    def note(self) -> None:
        """Note those of all items that were sent since this was last done."""
        (last,) = self._db.execute(LAST_BATCH, (self._target_id,)).fetchone()
        noted = self._db.execute(NOTED_UNTIL, (self._target_id,)).fetchone()
        since = noted[0] if noted else 0
        if last > since or self._has_learned:
            with transaction(self._db):
                self._db.execute(NOTE_SENT, (since, self._target_id))
                self._db.execute(NOTE, (self._target_id, last))
                self._sweep()
            self._has_learned = False

    def _sweep(self) -> None:
        digest_count, item_count = self._db.execute(COUNTS).fetchone()
        if digest_count > MOST_AN_ITEM * item_count:
            self._db.execute(SWEEP)
