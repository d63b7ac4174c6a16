"""The items of a manifest by the keys that checks compare, in temporary files.

Memory does not depend on the number of items. An index of the keys would take more time than
sorting them at the end.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from tempfile import SpooledTemporaryFile
from typing import NamedTuple

from ld_import.tempdir import disk_errors
from ld_import.validation.sorted_numbers import MEMORY_BYTES, NUMBER_BYTES, SortedNumbers

ROWS_AT_ONCE = 256
# A sorted number has the upper bits of a key, and the number of the item: enough for 134 million
# items. Further items are not compared.
ROW_BITS = 27
ROW_MASK = (1 << ROW_BITS) - 1
KEY_BITS_MASK = (1 << (63 - ROW_BITS)) - 1
ITEMS = "the ids of the manifest"


class SeenItem(NamedTuple):
    """An item of the manifest: its line and its externalId."""

    line: int
    external_id: str


class SeenItems:
    """Items in the order of the manifest, each with the same number of keys; lost when closed."""

    def __init__(self, key_count: int) -> None:
        """Begin without items; a few thousand need no file."""
        self._sorted = [SortedNumbers() for _ in range(key_count)]
        self._width = 1 + key_count
        # Line and keys of each item, in rows of equal size; ids in blocks of ROWS_AT_ONCE lines.
        self._rows = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `close`
        self._ids = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `close`
        self._new_rows: list[int] = []
        self._new_ids: list[str] = []
        self._block_ends = array("q", [0])
        self._count = 0

    def add(self, line: int, external_id: str, keys: Sequence[int]) -> None:
        """Add an item with its keys, signed 64-bit numbers. An id has no line breaks."""
        row = self._count
        if row > ROW_MASK:
            return
        self._count = row + 1
        self._new_rows += (line, *keys)
        self._new_ids.append(external_id)
        for numbers, key in zip(self._sorted, keys, strict=True):
            numbers.add((key & KEY_BITS_MASK) << ROW_BITS | row)
        if len(self._new_ids) >= ROWS_AT_ONCE:
            self._write()

    def pairs(self, number: int) -> Iterator[tuple[SeenItem, SeenItem]]:
        """Yield each item whose key of this number an earlier item has, with the first such item.

        The order is that of the manifest. Afterwards no item may be added.
        """
        self._write()
        with closing(SortedNumbers()) as rows:
            for row, first in _neighbours(self._sorted[number]):
                rows.add(row << ROW_BITS | first)
            for pair in rows:
                row, first = pair >> ROW_BITS, pair & ROW_MASK
                one, other = self._row(row), self._row(first)
                # The sorted numbers have a part of the key only.
                if one[1 + number] == other[1 + number]:
                    yield SeenItem(one[0], self._id(row)), SeenItem(other[0], self._id(first))

    def close(self) -> None:
        """Remove the temporary files."""
        for numbers in self._sorted:
            numbers.close()
        for file in (self._rows, self._ids):
            with suppress(OSError):
                file.close()

    def _write(self) -> None:
        if not self._new_ids:
            return
        with disk_errors(ITEMS):
            self._rows.write(array("q", self._new_rows).tobytes())
            self._ids.write("\n".join(self._new_ids).encode())
            self._block_ends.append(self._ids.tell())
            if len(self._new_ids) < ROWS_AT_ONCE:
                self._rows.flush()
                self._ids.flush()
        self._new_rows.clear()
        self._new_ids.clear()

    def _row(self, row: int) -> list[int]:
        size = self._width * NUMBER_BYTES
        with disk_errors(ITEMS):
            self._rows.seek(row * size)
            return array("q", self._rows.read(size)).tolist()

    def _id(self, row: int) -> str:
        block, at = divmod(row, ROWS_AT_ONCE)
        start, end = self._block_ends[block : block + 2]
        with disk_errors(ITEMS):
            self._ids.seek(start)
            return self._ids.read(end - start).decode().split("\n")[at]


def _neighbours(numbers: SortedNumbers) -> Iterator[tuple[int, int]]:
    """Yield each row whose part of a key an earlier row has, with the first such row."""
    last, first = None, 0
    for number in numbers:
        key = number >> ROW_BITS
        if key == last:
            yield number & ROW_MASK, first
        else:
            last, first = key, number & ROW_MASK
