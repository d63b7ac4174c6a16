"""The rows of blocks whose records a run sent: found by their lines once the run has ended."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from ld_import.model import Block, SentBlock

# Consecutive lines in consecutive rows, of the items that the run sent. Most runs have few of these
# spans; then no item is read by itself.
SPANS = """
SELECT min(line), min(item_id), count(*), max(line) - min(line) + 1,
  min(state IN ('success', 'skipped'))
FROM item WHERE batch_id > ? AND target_id = ?
GROUP BY item_id - line ORDER BY 1 LIMIT ?
"""
MOST_SPANS = 200
# Each item as a span of one line, with the row 0 unless it is settled.
ITEMS = """
SELECT line, iif(state IN ('success', 'skipped'), item_id, 0), 1 FROM item
WHERE batch_id > ? AND target_id = ? ORDER BY line
"""
# First line, first row, and number of both.
Span = tuple[int, int, int]


def settled_blocks(
    db: sqlite3.Connection, blocks: Iterable[SentBlock], *, after_batch_id: int, target_id: int
) -> Iterator[Block]:
    """Yield the blocks, in the order of their lines, of which every item is settled."""
    sent = (after_batch_id, target_id)
    spans = _long_spans(db, sent)
    for block, rows in _rows_of(blocks, iter(db.execute(ITEMS, sent) if spans is None else spans)):
        # Several records on one line are other numbers of items, for one block or for the next.
        if len(rows) == block.sent_count and 0 not in rows:
            yield Block(block.digest, _filled(block.rows, rows) if block.rows else rows)


def _long_spans(db: sqlite3.Connection, sent: tuple[int, int]) -> Sequence[Span] | None:
    """Return all spans; `None` if they are many, overlap, or an item of them is not settled."""
    found = db.execute(SPANS, (*sent, MOST_SPANS + 1)).fetchall()
    spans = [span for *span, length, is_settled in found if span[2] == length and is_settled]
    ends = [line + count for line, _, count in spans]
    is_usable = len(spans) == len(found) <= MOST_SPANS and all(
        end <= span[0] for end, span in zip(ends, spans[1:], strict=False)
    )
    return spans if is_usable else None


def _rows_of(
    blocks: Iterable[SentBlock], spans: Iterator[Span]
) -> Iterator[tuple[SentBlock, array[int]]]:
    """Yield each block with the rows of the items on its lines, in the order of the lines."""
    span = next(spans, None)
    for block in blocks:
        rows = array("I")
        while span is not None and span[0] <= block.last_line:
            line, row, count = span
            skipped = max(block.first_line - line, 0)
            taken = min(block.last_line + 1 - line, count)
            if skipped < taken:
                own = range(row + skipped, row + taken)
                rows.extend(own if row else repeat(0, len(own)))
            if line + count > block.last_line + 1:
                # The next block begins within this span.
                break
            span = next(spans, None)
        yield block, rows


def _filled(rows: Sequence[int], sent: Sequence[int]) -> Sequence[int]:
    """Return rows with each 0 replaced by the next of the rows sent."""
    rest = iter(sent)
    return array("I", (row or next(rest) for row in rows))
