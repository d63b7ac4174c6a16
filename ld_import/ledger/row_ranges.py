"""Row numbers as bytes: four for each, or eight for each range of consecutive rows.

An import gives the records of a block consecutive rows, so that most blocks take some bytes.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence

from ld_import.ledger.corruption import CorruptValue

ROW_BYTES = 4
# No item has the row 0: pairs of the first and last row of each range follow.
RANGES = 0
# More than any block has; a damaged number must not fill the memory.
MOST_ROWS = 1 << 16


def packed(rows: Sequence[int]) -> bytes:
    """Return row numbers as bytes, in the same order."""
    numbers = array("I", rows)
    ranges = _ranges(numbers)
    return _swapped(ranges if len(ranges) < len(numbers) else numbers).tobytes()


def unpacked(blob: bytes) -> array[int]:
    """Return the row numbers of these bytes. Raises CorruptValue."""
    if not isinstance(blob, bytes) or len(blob) % ROW_BYTES:
        raise CorruptValue("the items of a block are not row numbers")
    numbers = _swapped(array("I", blob))
    if not numbers or numbers[0] != RANGES:
        return numbers
    rows = array("I")
    for first, last in zip(numbers[1::2], numbers[2::2], strict=False):
        if last - first >= MOST_ROWS:
            raise CorruptValue(f"the items of a block are not the rows {first} to {last}")
        rows.extend(range(first, last + 1))
    return rows


def _ranges(numbers: Sequence[int]) -> array[int]:
    ranges = array("I", [RANGES])
    first = last = 0
    for number in numbers:
        if number != last + 1 or not last:
            if last:
                ranges.extend((first, last))
            first = number
        last = number
    ranges.extend((first, last))
    return ranges


def _swapped(numbers: array[int]) -> array[int]:
    """Return numbers in the byte order of the ledger, or the reverse."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
