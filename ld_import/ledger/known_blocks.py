"""The blocks of a ledger: which still hold is told by the attempts since they were learned."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Collection, Sequence

from ld_import.ledger.corruption import CorruptValue
from ld_import.model import Block

ROW_BYTES = 4
LEARN = "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)"
FIND = "SELECT rows, last_batch_id FROM block WHERE target_id = ? AND digest = ?"
OLDEST = "SELECT min(last_batch_id) FROM block WHERE target_id = ?"
# In the order of batches, so that the last one at an item is what remains.
TRIED = "SELECT item_id, batch_id FROM attempt WHERE batch_id > ? ORDER BY batch_id"


class KnownBlocks:
    """The blocks of one target, as they are when a run begins; asks and writes through `db`.

    `last_batch_id` is the last batch of any earlier run.
    """

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Find out what was tried since the oldest block was learned: four bytes an item."""
        self._db = db
        self._target_id = target_id
        self.last_batch_id = self._number("SELECT max(batch_id) FROM batch")
        highest_row = self._number("SELECT max(item_id) FROM item")
        self._last_try_at = array("I", bytes(ROW_BYTES * (highest_row + 1)))
        oldest = db.execute(OLDEST, (target_id,)).fetchone()[0]
        if oldest is not None and oldest < self.last_batch_id:
            self._note_tries(oldest)

    def find(self, digest: bytes) -> Sequence[int] | None:
        """Return the rows of a block that still holds."""
        found = self._db.execute(FIND, (self._target_id, digest)).fetchone()
        if found is None:
            return None
        rows, last_batch_id = _rows_from(found[0]), found[1]
        if not rows or max(rows) >= len(self._last_try_at):
            return None
        is_untried = max(map(self._last_try_at.__getitem__, rows)) <= last_batch_id
        return rows if is_untried else None

    def learn(self, blocks: Sequence[Block], manifest: str) -> None:
        """Write blocks whose items were found settled since the run began."""
        self._db.executemany(
            LEARN,
            (
                (self._target_id, one.digest, manifest, _bytes_of(one.rows), self.last_batch_id)
                for one in blocks
            ),
        )

    def forget(self, manifest: str, kept: Collection[bytes]) -> None:
        """Delete the blocks of a manifest that it has no more."""
        found = self._db.execute(
            "SELECT digest FROM block WHERE target_id = ? AND manifest = ?",
            (self._target_id, manifest),
        )
        gone = [(self._target_id, digest) for (digest,) in found if digest not in kept]
        self._db.executemany("DELETE FROM block WHERE target_id = ? AND digest = ?", gone)

    def _note_tries(self, since_batch_id: int) -> None:
        for row, batch_id in self._db.execute(TRIED, (since_batch_id,)):
            if row >= len(self._last_try_at):
                raise CorruptValue(f"an attempt was at the item {row}, which is not there")
            self._last_try_at[row] = batch_id

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0] or 0)


def _rows_from(blob: bytes) -> array[int]:
    if not isinstance(blob, bytes) or len(blob) % ROW_BYTES:
        raise CorruptValue("the items of a block are no numbers")
    rows = array("I", blob)
    if sys.byteorder == "big":
        rows.byteswap()
    return rows


def _bytes_of(rows: Sequence[int]) -> bytes:
    numbers = array("I", rows)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
