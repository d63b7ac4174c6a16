"""Blocks that a run sent: their rows are found by lines, for most of them without their items."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from itertools import count

import pytest

from ld_import.ledger.sent_blocks import MOST_SPANS, SentSpans, settled_blocks
from ld_import.model import SentBlock

TABLE = "CREATE TABLE item (item_id INTEGER PRIMARY KEY, batch_id, target_id, state, line)"


def found(items, blocks, *, with_spans):
    """Return the rows of the settled blocks, by digest, for items as (line, state)."""
    spans = spans_of(items) if with_spans else None
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(TABLE)
        # Rows of other targets and of earlier runs do not count.
        db.execute("INSERT INTO item VALUES (1, 1, 1, 'success', 1), (2, 5, 2, 'success', 2)")
        rows = [(number, state, line) for number, (line, state) in enumerate(items, 3)]
        db.executemany("INSERT INTO item VALUES (?, 5, 1, ?, ?)", rows)
        settled = settled_blocks(db, blocks, spans, after_batch_id=4, target_id=1)
        return {block.digest: list(block.rows) for block in settled}


def spans_of(items):
    """Return the spans of a run that sent these items in batches of five."""
    sent = SentSpans()
    for at in range(0, len(items), 5):
        batch = items[at : at + 5]
        sent.note_begun(3 + at, [line for line, _ in batch])
        sent.note_settled(sum(state != "failed" for _, state in batch))
    return sent.known()


def any_items(rng):
    """Return items in the order of their rows: mostly of consecutive lines, and all settled."""
    line, items = 0, []
    odd_share = rng.choice([0, 0, 0.05, 0.3])
    for _ in range(rng.randrange(1, 40)):
        line += rng.choice([0, 2, 3]) if rng.random() < odd_share else 1
        is_settled = rng.random() >= odd_share / 4
        items.append((max(line, 1), rng.choice(["success", "skipped"]) if is_settled else "failed"))
    if rng.random() < odd_share:
        rng.shuffle(items)
    return items


def any_blocks(items, rng):
    """Return blocks of the lines of items, one after the other."""
    lines = sorted({line for line, _ in items})
    numbers = count()
    while lines:
        size = rng.randrange(1, 12)
        part, lines = lines[:size], lines[size:]
        if rng.random() < 0.8:
            digest = str(next(numbers)).encode()
            yield SentBlock(digest, part[0], part[-1], len(part) - (rng.random() < 0.05), ())


def test_spans_have_the_rows_of_their_items():
    """Generated runs: blocks found by spans of lines are those found item by item."""
    rng = random.Random(20261126)
    known_count = found_count = 0
    for _ in range(1500):
        items = any_items(rng)
        blocks = list(any_blocks(items, rng))
        by_items = found(items, blocks, with_spans=False)

        assert found(items, blocks, with_spans=True) == by_items
        known_count += spans_of(items) is not None
        found_count += len(by_items)
    assert found_count > 3000
    assert 500 < known_count < 1400


def test_spans_are_few():
    """The spans of lines with gaps are not kept without a limit; nor are those of other items."""
    sent = SentSpans()
    sent.note_begun(1, [1, 2, 3])
    sent.note_begun(4, [4, 5, 9])
    sent.note_settled(6)

    assert sent.known() == [(1, 1, 5), (9, 6, 1)]
    sent.note_begun(7, range(10, 10 + 3 * MOST_SPANS, 3))
    sent.note_settled(MOST_SPANS)
    assert sent.known() is None


@pytest.mark.parametrize("change", ["open", "others", "earlier line"])
def test_spans_are_unknown(change):
    """Items that are not settled, were known before or are in another order have no spans."""
    sent = SentSpans()
    sent.note_begun(1, [5, 6])
    sent.note_settled(2)
    assert sent.known() == [(5, 1, 2)]
    if change == "others":
        sent.note_others()
    else:
        sent.note_begun(3, [6 if change == "earlier line" else 7])
        sent.note_settled(change != "open")

    assert sent.known() is None


@pytest.mark.parametrize("with_spans", [False, True])
@pytest.mark.parametrize(
    ("items", "rows"),
    [
        ([(1, "success"), (2, "skipped"), (3, "success")], {b"a": [3, 4], b"b": [5]}),
        ([(1, "success"), (2, "failed"), (3, "success")], {b"b": [5]}),
        # Two records on one line: none of the blocks is certain.
        ([(1, "success"), (2, "success"), (2, "success"), (3, "success")], {b"b": [6]}),
        # Sent in another order than read
        ([(3, "success"), (1, "success"), (2, "success")], {b"a": [4, 5], b"b": [3]}),
        # A line was left.
        ([(1, "success"), (3, "success")], {b"b": [4]}),
        ([], {}),
    ],
)
def test_rows_of_blocks(items, rows, with_spans):
    """A block is found if each of its lines has one settled item."""
    blocks = [SentBlock(b"a", 1, 2, 2, ()), SentBlock(b"b", 3, 3, 1, ())]

    assert found(items, blocks, with_spans=with_spans) == rows
