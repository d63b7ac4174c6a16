"""Row numbers as bytes: any sequence is read as it was written, and consecutive rows are short."""

from __future__ import annotations

from array import array
from random import Random

import pytest

from ld_import.ledger.corruption import CorruptValue
from ld_import.ledger.row_ranges import packed, unpacked


def some_rows(rng):
    """Return rows as blocks have them: ranges, single rows, in any order."""
    rows: list[int] = []
    for _ in range(rng.randint(0, 6)):
        first = rng.randint(1, 2**31)
        rows += range(first, first + rng.choice([1, 1, 2, 300]))
    rng.shuffle(rows) if rng.random() < 0.3 else None
    return rows


@pytest.mark.parametrize("seed", range(50))
def test_rows_are_read_as_written(seed):
    """Order and repetition are kept."""
    rows = some_rows(Random(seed))

    assert list(unpacked(packed(rows))) == rows


def test_consecutive_rows_are_short():
    """A block of an import takes twelve bytes, scattered rows never more than four each."""
    assert len(packed(range(7, 1000))) == 12
    assert len(packed(range(1, 2000, 2))) == 4000


def test_rows_of_earlier_versions():
    """Earlier versions wrote four bytes for each row, also for consecutive ones."""
    assert list(unpacked(array("I", [5, 6, 7, 8]).tobytes())) == [5, 6, 7, 8]


@pytest.mark.parametrize("blob", [b"abc", "text", 5, None, array("I", [0, 1, 2**32 - 1]).tobytes()])
def test_damaged_bytes(blob):
    """Bytes that no version wrote are an error, and do not fill the memory."""
    with pytest.raises(CorruptValue):
        unpacked(blob)
