"""The rows of blocks whose records a run sent: found by their lines once the run has ended."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence

from ld_import.model import Block, SentBlock

# The items that the run sent, each with the line of its record.
SENT = """
SELECT line, item_id, state IN ('success', 'skipped') FROM item
WHERE batch_id > ? AND target_id = ? ORDER BY line
"""
NO_LINE = (0, 0, 0)


def settled_blocks(
    db: sqlite3.Connection, blocks: Iterable[SentBlock], *, after_batch_id: int, target_id: int
) -> Iterator[Block]:
    """Yield the blocks, in the order of their lines, of which every item is settled."""
    sent: Iterator[Sequence[int]] = db.execute(SENT, (after_batch_id, target_id))
    line, row, is_settled = next(sent, NO_LINE)
    for block in blocks:
        while line and line < block.first_line:
            line, row, is_settled = next(sent, NO_LINE)
        rows = array("I")
        while line and line <= block.last_line:
            rows.append(row if is_settled else 0)
            line, row, is_settled = next(sent, NO_LINE)
        # Several records on one line are other numbers of items, for one block or for the next.
        if len(rows) == block.sent_count and 0 not in rows:
            yield Block(block.digest, _filled(block.rows, rows) if block.rows else rows)


def _filled(rows: Sequence[int], sent: Sequence[int]) -> Sequence[int]:
    """Return rows with each 0 replaced by the next of the rows sent."""
    rest = iter(sent)
    return array("I", (row or next(rest) for row in rows))
