"""The items of a manifest by the keys that checks compare, in temporary files.

Memory does not depend on the number of items. Sorting the keys at the end takes less time than an
index of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from sys import byteorder
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
        self._column_count = 1 + key_count
        # Lines and keys by columns, and ids by lines, in blocks of ROWS_AT_ONCE items.
        self._columns = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `close`
        self._ids = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `close`
        self._new: list[tuple[int, str, Sequence[int]]] = []
        self._id_ends = array("q", [0])
        self._count = 0

    def add(self, line: int, external_id: str, keys: Sequence[int]) -> None:
        """Add an item with its keys, signed 64-bit numbers. An id has no line breaks."""
        self._new.append((line, external_id, keys))
        if len(self._new) >= ROWS_AT_ONCE:
            self._write()

    def pairs(self, number: int) -> Iterator[tuple[SeenItem, SeenItem]]:
        """Yield each item whose key of this number an earlier item has, with the first such item.

        The order is that of the manifest. Afterwards no item may be added.
        """
        self._write()
        with closing(SortedNumbers()) as rows:
            for row, first in _neighbours(self._sorted[number]):
                rows.add([row << ROW_BITS | first])
            for pair in rows:
                row, first = pair >> ROW_BITS, pair & ROW_MASK
                # The sorted numbers have a part of the key only.
                if self._value(row, 1 + number) == self._value(first, 1 + number):
                    yield self._item(row), self._item(first)

    def close(self) -> None:
        """Remove the temporary files."""
        for numbers in self._sorted:
            numbers.close()
        for file in (self._columns, self._ids):
            with suppress(OSError):
                file.close()

    def _write(self) -> None:
        # The last block may be smaller; there is none after it.
        if not self._new or self._count > ROW_MASK - ROWS_AT_ONCE:
            self._new.clear()
            return
        lines, ids, keys = zip(*self._new, strict=True)
        columns = list(zip(*keys, strict=True))
        for numbers, column in zip(self._sorted, columns, strict=True):
            rows = enumerate(column, self._count)
            numbers.add([(key & KEY_BITS_MASK) << ROW_BITS | row for row, key in rows])
        filler = bytes((ROWS_AT_ONCE - len(ids)) * NUMBER_BYTES)
        with disk_errors(ITEMS):
            for values in (lines, *columns):
                self._columns.write(array("q", values).tobytes() + filler)
            self._ids.write("\n".join(ids).encode())
            self._id_ends.append(self._ids.tell())
        self._count += len(ids)
        self._new.clear()

    def _item(self, row: int) -> SeenItem:
        block, at = divmod(row, ROWS_AT_ONCE)
        start, end = self._id_ends[block : block + 2]
        with disk_errors(ITEMS):
            self._ids.seek(start)
            external_id = self._ids.read(end - start).decode().split("\n")[at]
        return SeenItem(self._value(row, 0), external_id)

    def _value(self, row: int, column: int) -> int:
        block, at = divmod(row, ROWS_AT_ONCE)
        position = (block * self._column_count + column) * ROWS_AT_ONCE + at
        with disk_errors(ITEMS):
            self._columns.seek(position * NUMBER_BYTES)
            return int.from_bytes(self._columns.read(NUMBER_BYTES), byteorder, signed=True)


def _neighbours(numbers: SortedNumbers) -> Iterator[tuple[int, int]]:
    """Yield each row whose part of a key an earlier row has, with the first such row."""
    last, first = None, 0
    for number in numbers:
        key = number >> ROW_BITS
        if key == last:
            yield number & ROW_MASK, first
        else:
            last, first = key, number & ROW_MASK
