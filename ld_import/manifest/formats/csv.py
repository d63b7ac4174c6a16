"""CSV and TSV: the header row names the fields, each other row is a record of texts.

A column `metadata.title` fills a nested field, an empty cell gives no field, and a row that cannot
be read is an invalid record. In TSV, quotes have no meaning and each line is a row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import orjson

from ld_import.compact_json import compact_json
from ld_import.manifest.base import Columns, Format, Survey, unreadable_record
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.csv_columns import (
    NAMES_HINT,
    columns_from,
    fields_from,
    first_valued,
    nameless,
    names_from,
)
from ld_import.manifest.formats.csv_rows import NUL, RETURN, Row, Rows, unquoted
from ld_import.model import Record
from ld_import.wording import amount

# Delimiters of exports that are not detected, or not beside a comma, with their names in messages.
OTHER_DELIMITERS = {";": "`;`", "\t": "a tab", "|": "`|`"}
# As a user types them.
SPELLED = {"\t": "tab"}


def survey(file: ByteFile, delimiter: str | None = None, *, has_quotes: bool = True) -> Survey:
    """Read the whole file, so that an unclosed quote is an error before the import starts."""
    rows = Rows(file, delimiter, has_quotes=has_quotes)
    # Closes the file also after an error, whose traceback keeps the walk.
    with closing(rows.read()) as walk:
        header = _header(rows, walk)
        deque(walk, maxlen=0)
    return Survey(columns=header.columns)


def records(
    file: ByteFile, delimiter: str | None = None, *, has_quotes: bool = True
) -> Generator[Record]:
    """Yield a record for each row that is not blank, with the first line of the row."""
    rows = Rows(file, delimiter, has_quotes=has_quotes)
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
        valued = first_valued(cells, first)
        if len(cells) > first and valued is None:
            return None
        if valued is not None and valued < self.column_count:
            return nameless(valued, cells[valued])
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
    _check_delimiter(rows, line, cells)
    names = names_from(cells)
    columns = columns_from(names)
    if isinstance(columns, str):
        raise rows.file.error(columns, line, hint=NAMES_HINT)
    return _Header(names, columns, len(cells), rows.delimiter, rows.has_quotes)


def _check_delimiter(rows: Rows, line: int, cells: list[str]) -> None:
    """Refuse a header row that another delimiter splits into more columns than the detected one.

    All its names would become one column.
    """
    if not (rows.is_detected and rows.has_quotes):
        return
    plain = unquoted(rows.header_text)
    for sign, spelled in OTHER_DELIMITERS.items():
        if plain.count(sign) >= len(cells):
            text = f"the header row seems to be split at {spelled}, not at `{rows.delimiter}`"
            raise rows.file.error(text, line, hint=f"set --delimiter {SPELLED.get(sign, sign)!r}")
        if len(cells) == 1 and sign in cells[0]:
            text = f"the whole header row is one quoted cell that contains {spelled}"
            hint = "remove the quotes around the rows, or export the file again"
            raise rows.file.error(text, line, hint=hint)


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


CSV = Format(survey, records, options=("delimiter",))
TSV = Format(
    partial(survey, delimiter="\t", has_quotes=False),
    partial(records, delimiter="\t", has_quotes=False),
)
