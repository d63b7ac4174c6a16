"""CSV and TSV: the header row names the fields, each further row is a record of texts.

`metadata.title` nests, an empty cell is no field, and a row that cannot be read is an invalid
record. In TSV a quote is a letter, and a row is a line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial

import orjson

from ld_import.manifest.base import Reader, Survey, broken
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.csv_columns import Shape, filled, shape_of
from ld_import.manifest.formats.csv_rows import NUL, RETURN, Row, Rows
from ld_import.manifest.record_json import compact
from ld_import.model import Record
from ld_import.wording import show


def survey(file: ByteFile, delimiter: str | None = None) -> Survey:
    """Check the header and walk all rows, so that a quote left open is told before the start."""
    rows = Rows(file, delimiter)
    walk = rows.read()
    header = _header(rows, walk)
    deque(walk, maxlen=0)
    return Survey(columns=header.shape)


def records(file: ByteFile, delimiter: str | None = None) -> Generator[Record]:
    """Yield a record for each row that is not blank, with the line its row starts on."""
    rows = Rows(file, delimiter)
    walk = rows.read()
    header = _header(rows, walk)
    names, shape = header.names, header.shape
    for line, cells in walk:
        if isinstance(cells, str):
            yield broken(line, cells)
        elif len(cells) != len(names) and (problem := header.misfit(cells)):
            yield broken(line, problem)
        else:
            try:
                yield Record(line, compact(filled(shape, cells)))
            except orjson.JSONEncodeError:
                yield _mended(line, cells, header)


@dataclass(frozen=True, slots=True)
class _Header:
    """The names of the columns up to the last named one, and how many columns there are."""

    names: list[str]
    shape: Shape
    column_count: int
    delimiter: str
    has_quotes: bool

    def misfit(self, cells: list[str]) -> str | None:
        """Say why a row of another width cannot be read; `None` if its other cells are empty."""
        first = len(self.names)
        valued = [at for at, cell in enumerate(cells[first:], first) if cell.strip()]
        if len(cells) > first and not valued:
            return None
        if valued and valued[0] < self.column_count:
            value = show(cells[valued[0]])
            return f"column {valued[0] + 1} has a value, {value}, but no name in the header"
        has = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        wanted = "1 column" if len(self.names) == 1 else f"{len(self.names)} columns"
        sign = "a tab" if self.delimiter == "\t" else f"`{self.delimiter}`"
        advice = f"a cell with {sign}, a quote or a line break in it must be in quotes"
        if not self.has_quotes:
            advice = "a cell of a .tsv cannot have a tab or a line break in it; export it as .csv"
        return f"the row has {has}, the header names {wanted}; {advice}"


def _header(rows: Rows, walk: Iterator[Row]) -> _Header:
    line, cells = next(walk, (1, []))
    if not cells:
        hint = "the first row names the fields, as in: id,url,fileName,metadata.title"
        raise rows.file.error("there is no header row", line, hint=hint)
    if isinstance(cells, str):
        raise rows.file.error(cells, line)
    for column, name in enumerate(cells, 1):
        if RETURN in name:
            text = f"the name of column {column} holds a carriage return without a line feed"
            raise rows.file.error(text, line, hint="let rows end in LF or CRLF")
        if fault := _fault(name):
            raise rows.file.error(f"the name of column {column}: {fault}", line)
    names = [name.strip() for name in cells]
    # A spreadsheet writes every column that was ever used.
    while not names[-1]:
        del names[-1]
    shape = shape_of(names)
    if isinstance(shape, str):
        raise rows.file.error(shape, line, hint="give each column a name of its own")
    return _Header(names, shape, len(cells), rows.delimiter, rows.has_quotes)


def _mended(line: int, cells: list[str], header: _Header) -> Record:
    """Put carriage returns back; what is no text even then makes the row an invalid record."""
    cells = [cell.replace(RETURN, "\r") for cell in cells]
    for name, cell in zip(header.names, cells, strict=False):
        if fault := _fault(cell):
            return broken(line, fault, name)
    return Record(line, compact(filled(header.shape, cells)))


def _fault(text: str) -> str | None:
    if NUL in text:
        return "a NUL byte stands in the text; the file is damaged, export it again"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "the text is not UTF-8; export it as UTF-8"
    return None


CSV = Reader(survey, records)
TSV = Reader(partial(survey, delimiter="\t"), partial(records, delimiter="\t"))
