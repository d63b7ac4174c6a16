"""The blocks of a ledger: a block is valid until an item of it has another attempt."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection, Sequence
from itertools import chain, islice

from ld_import.ledger.corruption import CorruptValue
from ld_import.ledger.row_ranges import ROW_BYTES, packed, unpacked
from ld_import.ledger.sent_blocks import Span, settled_blocks
from ld_import.model import Block, SentBlock

MOST_BLOCKS = 256
LEARN = "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)"
FIND = "SELECT rows, last_batch_id FROM block WHERE target_id = ? AND digest = ?"
OLDEST = "SELECT min(last_batch_id) FROM block WHERE target_id = ?"
ATTEMPTED = "SELECT item_id, batch_id FROM item WHERE batch_id > ?"


class KnownBlocks:
    """The blocks of one target at the start of a run, read and written through `db`.

    `last_batch_id` is the last batch of all earlier runs.
    """

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read the attempts since the oldest block was recorded, into four bytes an item."""
        self._db = db
        self._target_id = target_id
        self.last_batch_id = self._number("SELECT max(batch_id) FROM batch")
        highest_row = self._number("SELECT max(item_id) FROM item")
        self._last_attempts = array("I", bytes(ROW_BYTES * (highest_row + 1)))
        oldest = db.execute(OLDEST, (target_id,)).fetchone()[0]
        if oldest is not None and oldest < self.last_batch_id:
            self._read_attempts(oldest)

    def find(self, digest: bytes) -> Sequence[int] | None:
        """Return the rows of a block that is still valid."""
        block = self._db.execute(FIND, (self._target_id, digest)).fetchone()
        if block is None:
            return None
        rows, last_batch_id = unpacked(block[0]), block[1]
        if not rows or max(rows) >= len(self._last_attempts):
            return None
        is_valid = max(map(self._last_attempts.__getitem__, rows)) <= last_batch_id
        return rows if is_valid else None

    def learn(self, blocks: Sequence[Block], manifest: str) -> None:
        """Write blocks whose items were all settled when this run read them."""
        self._write(blocks, manifest, self.last_batch_id)

    def learn_sent(
        self, blocks: Sequence[SentBlock], spans: Sequence[Span] | None, manifest: str
    ) -> bytearray:
        """Write blocks of which this run sent records, if all are settled.

        `spans` are those of `SentSpans`.

        Returns 1 for the rows of their items, and 0 for others.
        """
        last_batch_id = self._number("SELECT max(batch_id) FROM batch")
        settled = settled_blocks(
            self._db, blocks, spans, after_batch_id=self.last_batch_id, target_id=self._target_id
        )
        is_covered = bytearray(self._number("SELECT max(item_id) FROM item") + 1)
        while part := list(islice(settled, MOST_BLOCKS)):
            self._write(part, manifest, last_batch_id)
            for row in chain.from_iterable(block.rows for block in part):
                is_covered[row] = 1
        return is_covered

    def _write(self, blocks: Sequence[Block], manifest: str, last_batch_id: int) -> None:
        self._db.executemany(
            LEARN,
            (
                (self._target_id, block.digest, manifest, packed(block.rows), last_batch_id)
                for block in blocks
            ),
        )

    def forget(self, manifest: str, kept: Collection[bytes]) -> None:
        """Delete the blocks of a manifest that it no longer has."""
        rows = self._db.execute(
            "SELECT digest FROM block WHERE target_id = ? AND manifest = ?",
            (self._target_id, manifest),
        )
        gone = [(self._target_id, digest) for (digest,) in rows if digest not in kept]
        self._db.executemany("DELETE FROM block WHERE target_id = ? AND digest = ?", gone)

    def _read_attempts(self, after_batch_id: int) -> None:
        for row, batch_id in self._db.execute(ATTEMPTED, (after_batch_id,)):
            if row >= len(self._last_attempts):
                raise CorruptValue(f"an attempt names the item {row}, which does not exist")
            self._last_attempts[row] = batch_id

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0] or 0)
