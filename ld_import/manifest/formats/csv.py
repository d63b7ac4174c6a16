"""CSV and TSV: the header row names the fields, each other row is a record of texts.

A column `metadata.title` fills a nested field, an empty cell gives no field, and a row that cannot
be read is an invalid record. In TSV, quotes have no meaning and each line is a row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial

import orjson

from ld_import.compact_json import compact_json
from ld_import.manifest.base import Columns, Format, Survey, unreadable_record
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.csv_columns import columns_from, fields_from
from ld_import.manifest.formats.csv_rows import NUL, RETURN, Row, Rows
from ld_import.model import Record
from ld_import.wording import amount, show


def survey(file: ByteFile, delimiter: str | None = None) -> Survey:
    """Read the whole file, so that an unclosed quote is an error before the import starts."""
    rows = Rows(file, delimiter)
    walk = rows.read()
    header = _header(rows, walk)
    deque(walk, maxlen=0)
    return Survey(columns=header.columns)


def records(file: ByteFile, delimiter: str | None = None) -> Generator[Record]:
    """Yield a record for each row that is not blank, with the first line of the row."""
    rows = Rows(file, delimiter)
    walk = rows.read()
    header = _header(rows, walk)
    names, columns = header.names, header.columns
    for line, cells in walk:
        if isinstance(cells, str):
            yield unreadable_record(line, cells)
        elif len(cells) != len(names) and (problem := header.misfit(cells)):
            yield unreadable_record(line, problem)
        else:
            try:
                yield Record(line, compact_json(fields_from(columns, cells)))
            except orjson.JSONEncodeError:
                yield _restored(line, cells, header)


@dataclass(frozen=True, slots=True)
class _Header:
    """Names of the columns up to the last named one, and the total number of columns."""

    names: list[str]
    columns: Columns
    column_count: int
    delimiter: str
    has_quotes: bool

    def misfit(self, cells: list[str]) -> str | None:
        """Return why a row of another width cannot be read; `None` if the extra cells are empty."""
        first = len(self.names)
        valued = [at for at, cell in enumerate(cells[first:], first) if cell.strip()]
        if len(cells) > first and not valued:
            return None
        if valued and valued[0] < self.column_count:
            value = show(cells[valued[0]])
            return f"column {valued[0] + 1} has the value {value}, but no name in the header"
        has, wanted = amount(len(cells), "cell"), amount(first, "column")
        sign = "a tab" if self.delimiter == "\t" else f"`{self.delimiter}`"
        advice = f"put each cell that contains {sign}, a quote or a line break in quotes"
        if not self.has_quotes:
            advice = "a cell of a .tsv cannot contain a tab or a line break; export it as .csv"
        return f"the row has {has}, the header has {wanted}; {advice}"


def _header(rows: Rows, walk: Iterator[Row]) -> _Header:
    line, cells = next(walk, (1, []))
    if not cells:
        hint = "the first row must name the fields, for example: id,url,fileName,metadata.title"
        raise rows.file.error("the header row is missing", line, hint=hint)
    if isinstance(cells, str):
        raise rows.file.error(cells, line)
    for column, name in enumerate(cells, 1):
        if RETURN in name:
            text = f"the name of column {column} has a carriage return without a line feed"
            raise rows.file.error(text, line, hint="end each row with LF or CRLF")
        if problem := _problem_of(name):
            raise rows.file.error(f"the name of column {column}: {problem}", line)
    names = [name.strip() for name in cells]
    # Spreadsheets also export columns that were used once and are empty now.
    while not names[-1]:
        del names[-1]
    columns = columns_from(names)
    if isinstance(columns, str):
        raise rows.file.error(columns, line, hint="give each column a different name")
    return _Header(names, columns, len(cells), rows.delimiter, rows.has_quotes)


def _restored(line: int, cells: list[str], header: _Header) -> Record:
    """Return the record with its carriage returns restored, or an invalid one if it is not text."""
    cells = [cell.replace(RETURN, "\r") for cell in cells]
    for name, cell in zip(header.names, cells, strict=False):
        if problem := _problem_of(cell):
            return unreadable_record(line, problem, name)
    return Record(line, compact_json(fields_from(header.columns, cells)))


def _problem_of(text: str) -> str | None:
    if NUL in text:
        return "the text contains a NUL byte; the file is damaged, export it again"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "the text is not UTF-8; export it as UTF-8"
    return None


CSV = Format(survey, records)
TSV = Format(partial(survey, delimiter="\t"), partial(records, delimiter="\t"))
