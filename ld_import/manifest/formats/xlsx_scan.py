"""Scan of a sheet: its area, and the cells with an error or a number format that shows more."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ld_import.manifest.formats.xlsx_cells import CellError, Padded, Percent
from ld_import.manifest.formats.xml_stream import XmlEvents, XmlProblem
from ld_import.wording import shorten

# The library needs 64 bytes for each cell of the area, also for empty ones.
MOST_CELLS = 16_000_000
# Kinds of errors that are kept apart; Excel has about ten.
MOST_ERRORS = 50
COLUMN_BITS, MEANING_BITS = 20, 20

_reference = re.compile(r"([A-Za-z]{1,3})(\d{1,7})").fullmatch

Meaning = CellError | Padded | Percent


class TooLargeSheet(Exception):
    """The sheet has more cells than fit into memory."""


@lru_cache(maxsize=64)
def local_name(tag: str) -> str:
    """Return the name of an element without its namespace."""
    return tag.rpartition(" ")[2]


@lru_cache(maxsize=1024)
def column_number(letters: str) -> int:
    """Return the number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


class Found:
    """The cells that a scan found, by row; rows are asked for in ascending order."""

    def __init__(self, cells: array[int], meanings: list[Meaning]) -> None:
        """Use the packed cells of a scan, in ascending order."""
        self._cells = cells
        self._meanings = meanings
        self._next = 0

    def at(self, row: int) -> Iterator[tuple[int, Meaning]]:
        """Yield column and meaning of each cell in a row."""
        while self._next < len(self._cells):
            packed = self._cells[self._next]
            if packed >> (COLUMN_BITS + MEANING_BITS) > row:
                return
            self._next += 1
            if packed >> (COLUMN_BITS + MEANING_BITS) == row:
                column = packed >> MEANING_BITS & (1 << COLUMN_BITS) - 1
                yield column, self._meanings[packed & (1 << MEANING_BITS) - 1]


class SheetScan(XmlEvents):
    """Scans a sheet. Raises TooLargeSheet."""

    def __init__(self, formats: Mapping[str, Padded | Percent]) -> None:
        """`formats` are number formats to apply, by the index of their style."""
        super().__init__()
        self._formats = formats
        self._row = self._column = 0
        self._top = self._left = 1 << 30
        self._bottom = self._right = 0
        self._cell_count = 0
        self._format: Padded | Percent | None = None
        self._error: list[str] | None = None
        self._is_error = False
        self._cells: array[int] = array("Q")
        self._meanings: dict[Meaning, int] = {}

    def found(self) -> Found:
        """Return the cells found, after the scan."""
        cells = self._cells
        if any(before > after for before, after in zip(cells, cells[1:], strict=False)):
            cells = array("Q", sorted(cells))
        return Found(cells, list(self._meanings))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Receive the start of an element."""
        name = local_name(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "is"):
            self._use_cell()
        elif name == "row":
            self._row = _row_number(attributes.get("r"), self._row, self.line)
            self._column = 0

    def text(self, data: str) -> None:
        """Receive a part of a text."""
        if self._error is not None and len(self._error) < MOST_ERRORS:
            self._error.append(data)

    def end(self, tag: str) -> None:
        """Receive the end of an element."""
        if self._error is not None and local_name(tag) == "v":
            meaning = CellError(shorten("".join(self._error), 20) or "#N/A")
            is_known = meaning in self._meanings or len(self._meanings) < MOST_ERRORS
            self._add(meaning if is_known else CellError("#VALUE!"))
            self._error = None

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        elif found := _reference(reference):
            self._column, self._row = column_number(found[1]), int(found[2])
        else:
            text = f"`{shorten(reference)}` is not a place of a cell"
            raise XmlProblem(text, self.line)
        kind = attributes.get("t", "n")
        self._is_error = kind == "e"
        self._format = self._formats.get(attributes.get("s", "")) if kind == "n" else None

    def _use_cell(self) -> None:
        row, column = self._row, self._column
        if row < self._top:
            self._top = row
        if row > self._bottom:
            self._bottom = row
        if column < self._left:
            self._left = column
        if column > self._right:
            self._right = column
        self._cell_count += 1
        area = (self._bottom - self._top + 1) * (self._right - self._left + 1)
        if area > MOST_CELLS or self._cell_count > MOST_CELLS or column >> COLUMN_BITS:
            raise TooLargeSheet
        if self._is_error:
            self._error = []
        elif self._format is not None:
            self._add(self._format)

    def _add(self, meaning: Meaning) -> None:
        number = self._meanings.setdefault(meaning, len(self._meanings))
        if number >> MEANING_BITS:
            raise TooLargeSheet
        packed = (self._row << COLUMN_BITS | self._column) << MEANING_BITS | number
        self._cells.append(packed)


def _row_number(text: str | None, before: int, line: int) -> int:
    if text is None:
        return before + 1
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise XmlProblem(f"`{shorten(text)}` is not the number of a row", line)
    return int(text)
