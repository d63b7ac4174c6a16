"""The items by the keys that checks compare: pairs in the order of the manifest."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from ld_import.errors import TempSpaceError
from ld_import.validation.seen_items import ROWS_AT_ONCE, SeenItem, SeenItems


def test_pairs_of_two_keys():
    """Each key has its own pairs: every later item with the first one that has its key."""
    with closing(SeenItems(2)) as seen:
        for line, (one, two) in enumerate([(1, 5), (2, 5), (1, 6), (1, 7), (-1, 5)], 10):
            seen.add(line, f"id{line}", (one, two))

        pairs = [[(a.line, b.line) for a, b in seen.pairs(number)] for number in (0, 1)]

    assert pairs == [[(12, 10), (13, 10)], [(11, 10), (14, 10)]]


def test_more_items_than_are_written_at_once():
    """Items on both sides of a write to the database are compared."""
    numbers = list(range(3 * ROWS_AT_ONCE))
    random.Random(3).shuffle(numbers)
    with closing(SeenItems(1)) as seen:
        for line, number in enumerate([*numbers, numbers[0], numbers[-1]], 1):
            seen.add(line, str(line), (number - 2**62,))

        pairs = list(seen.pairs(0))

    count = len(numbers)
    assert pairs == [
        (SeenItem(count + 1, str(count + 1)), SeenItem(1, "1")),
        (SeenItem(count + 2, str(count + 2)), SeenItem(count, str(count))),
    ]


def test_a_full_disk(monkeypatch):
    """A database that cannot grow is an error that names the folder for temporary files."""
    seen = SeenItems(1)
    seen._db.execute("PRAGMA max_page_count = 2")

    with closing(seen), pytest.raises(TempSpaceError, match="cannot be stored in the folder"):
        for line in range(20 * ROWS_AT_ONCE):
            seen.add(line, "x" * 100, (line,))


def test_closing_twice():
    """Closing again does nothing; a closed database refuses items."""
    seen = SeenItems(1)
    seen.close()
    seen.close()

    with pytest.raises(sqlite3.ProgrammingError):
        seen._db.execute("SELECT 1")
