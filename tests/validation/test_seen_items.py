"""The items by the keys that checks compare: pairs in the order of the manifest."""

from __future__ import annotations

import random
import resource
from contextlib import closing

import pytest

from ld_import.errors import TempSpaceError
from ld_import.tempdir import python_folder
from ld_import.validation.seen_items import ROW_BITS, ROWS_AT_ONCE, SeenItem, SeenItems


def test_pairs_of_two_keys():
    """Each key has its own pairs: every later item with the first one that has its key."""
    with closing(SeenItems(2)) as seen:
        for line, (one, two) in enumerate([(1, 5), (2, 5), (1, 6), (1, 7), (-1, 5)], 10):
            seen.add(line, f"id{line}", (one, two))

        pairs = [[(a.line, b.line) for a, b in seen.pairs(number)] for number in (0, 1)]

    assert pairs == [[(12, 10), (13, 10)], [(11, 10), (14, 10)]]


@pytest.mark.parametrize("count", [ROWS_AT_ONCE - 1, ROWS_AT_ONCE, 40_000])
def test_many_items(count):
    """Items on both sides of a write to a file are compared."""
    numbers = list(range(count))
    random.Random(3).shuffle(numbers)
    with closing(SeenItems(1)) as seen:
        for line, number in enumerate([*numbers, numbers[0], numbers[-1]], 1):
            seen.add(line, f"é{line}", (number - 2**62,))

        pairs = list(seen.pairs(0))

    assert pairs == [
        (SeenItem(count + 1, f"é{count + 1}"), SeenItem(1, "é1")),
        (SeenItem(count + 2, f"é{count + 2}"), SeenItem(count, f"é{count}")),
    ]


def test_keys_that_differ_in_their_upper_bits():
    """Keys that are equal in the sorted bits only are different."""
    with closing(SeenItems(1)) as seen:
        for line in range(1, 4):
            seen.add(line, "x", (5 + (line << (63 - ROW_BITS)),))

        assert list(seen.pairs(0)) == []


def test_no_items():
    """Without items there are no pairs, and closing again does nothing."""
    seen = SeenItems(1)

    assert list(seen.pairs(0)) == []
    seen.close()
    seen.close()


@pytest.fixture
def small_files():
    """Limit the size of files to 2 MB, as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("id_length", [1, 200])
def test_a_full_disk(id_length):
    """A file that cannot grow is an error that names the folder for temporary files."""
    with closing(SeenItems(1)) as seen, pytest.raises(TempSpaceError) as caught:
        for line in range(300_000):
            seen.add(line, "x" * id_length, (line,))

    assert f"in the folder for temporary files {python_folder()}" in str(caught.value)
