"""The rows of blocks whose records a run sent: found by their lines once the run has ended."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import le

from ld_import.model import Block, SentBlock

# Each item that the run sent as a span of one line, with the row 0 unless it is settled.
ITEMS = """
SELECT line, iif(state IN ('success', 'skipped'), item_id, 0), 1 FROM item
WHERE batch_id > ? AND target_id = ? ORDER BY line
"""
MOST_SPANS = 200
# First line, first row, and number of both: consecutive lines in consecutive rows.
Span = tuple[int, int, int]


class SentSpans:
    """The items that a run sent as spans of lines: few in most runs, so that no item is read again.

    They are unknown if the run sent known items, or items in another order than that of their
    lines, and if one of them is not settled.
    """

    def __init__(self) -> None:
        """Begin without items."""
        self._spans: list[Span] | None = []
        self._unsettled_count = 0

    def note_begun(self, first_row: int, lines: Sequence[int]) -> None:
        """Add new items in consecutive rows, with their lines."""
        self._unsettled_count += len(lines)
        spans = self._spans
        if spans is None or not lines:
            return
        ends = [at for at in range(1, len(lines)) if lines[at] != lines[at - 1] + 1]
        for start, end in zip([0, *ends], [*ends, len(lines)], strict=True):
            self._add(spans, (lines[start], first_row + start, end - start))
        if len(spans) > MOST_SPANS:
            self._spans = None

    def _add(self, spans: list[Span], span: Span) -> None:
        line, row, count = spans[-1] if spans else (0, 0, 0)
        if count and (line + count, row + count) == span[:2]:
            spans[-1] = (line, row, count + span[2])
        else:
            spans.append(span)

    def note_others(self) -> None:
        """Note that other items than new ones were sent."""
        self._spans = None

    def note_settled(self, count: int) -> None:
        """Note that so many of the items are settled."""
        self._unsettled_count -= count

    def known(self) -> Sequence[Span] | None:
        """Return all spans in the order of their lines, `None` if they are unknown."""
        spans = self._spans
        if spans is None or self._unsettled_count:
            return None
        ends = [line + count for line, _, count in spans]
        is_ascending = all(map(le, ends, [line for line, _, _ in spans[1:]]))
        return spans if is_ascending else None


def settled_blocks(
    db: sqlite3.Connection,
    blocks: Iterable[SentBlock],
    spans: Sequence[Span] | None,
    *,
    after_batch_id: int,
    target_id: int,
) -> Iterator[Block]:
    """Yield the blocks, in the order of their lines, of which every item is settled.

    Without `spans` all items are read from the ledger.
    """
    all_spans = iter(spans if spans is not None else db.execute(ITEMS, (after_batch_id, target_id)))
    for block, rows in _rows_of(blocks, all_spans):
        # Several records on one line are other numbers of items, for one block or for the next.
        if len(rows) == block.sent_count and 0 not in rows:
            yield Block(block.digest, _filled(block.rows, rows) if block.rows else rows)


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
