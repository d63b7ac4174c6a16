"""CSV and TSV: the header row names the fields, each further row is a record of texts.

The csv module takes the rows apart; this file feeds it, because it knows more row ends than
RFC 4180 does. `metadata.title` nests, an empty cell is no field, and a row that cannot be read
is an invalid record.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Generator, Iterator
from functools import partial
from itertools import chain, islice
from typing import IO

import orjson

from ld_import.manifest.columns import Shape, filled, shape_of
from ld_import.manifest.files import BOM, READ_TROUBLE, ByteFile, check_start
from ld_import.manifest.parse import compact
from ld_import.manifest.reader import Reader, Survey, broken
from ld_import.model import Record

MAX_CELL_CHARACTERS = 4 * 1024 * 1024
HEADER_LINES = 100

# To the csv module a lone CR ends a row; here it is data, and goes around it as a code point that
# UTF-8 cannot carry. So does NUL, to be found again where a record becomes JSON.
RETURN, NUL = "\ud80d", "\udc00"

_lone_return = re.compile("\r(?!\n)")
_quoted = re.compile('"[^"]*"')

Row = tuple[int, list[str] | str]


def survey(file: ByteFile, delimiter: str | None = None) -> Survey:
    """Check the header and walk all rows, so that a quote left open is told before the start."""
    walk = _Walk(file, delimiter)
    rows = walk.rows()
    _header(walk, rows)
    deque(rows, maxlen=0)
    return Survey()


def records(file: ByteFile, delimiter: str | None = None) -> Generator[Record]:
    """Yield a record for each row that is not blank, with the line its row starts on."""
    walk = _Walk(file, delimiter)
    rows = walk.rows()
    names, shape = _header(walk, rows)
    for line, cells in rows:
        if isinstance(cells, str):
            yield broken(line, cells)
        elif len(cells) != len(names):
            yield broken(line, _misfit(cells, names, walk.delimiter))
        else:
            try:
                yield Record(line, compact(filled(shape, cells)))
            except orjson.JSONEncodeError:
                yield _mended(line, cells, names, shape)


class _Walk:
    """One pass over a file; without a delimiter the header row tells it."""

    def __init__(self, file: ByteFile, delimiter: str | None) -> None:
        self.file = file
        self.delimiter = delimiter or ","
        self._is_delimiter_known = delimiter is not None
        self._is_at_end = False
        self._line = 0

    def rows(self) -> Iterator[Row]:
        """Yield what is not blank: a line and its cells, or a sentence why there are none."""
        # The limit of the csv module is one for the whole process, and too low for long texts.
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        try:
            with self.file.open() as stream:
                check_start(self.file, stream.peek(4)[:4])
                yield from self._rows(self._lines(stream))
        except READ_TROUBLE as error:
            raise self.file.trouble(error, self._line) from error

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        head = _head(lines)
        if not self._is_delimiter_known:
            self.delimiter = _delimiter("".join(head))
        reader = csv.reader(chain(head, lines), delimiter=self.delimiter, strict=True)
        while True:
            line = self._line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, self._bad_row(error, line, reader.line_num)
                continue
            if any(map(str.strip, cells)):
                yield line, cells

    def _lines(self, stream: IO[bytes]) -> Iterator[str]:
        r"""Cut at `\n` and nowhere else; what is not UTF-8 becomes lone surrogates."""
        for data in chain((stream.readline().removeprefix(BOM),), stream):
            text = data.decode("utf-8", "surrogateescape")
            # A search that spares the last two characters is cheap, and passes over CRLF.
            if "\r" in text and (text.find("\r", 0, -2) >= 0 or text[-1] != "\n"):
                text = _lone_return.sub(RETURN, text)
            yield text.replace("\0", NUL)
        self._is_at_end = True

    def _bad_row(self, error: csv.Error, line: int, last_line: int) -> str:
        """Word what the csv module refused; a quote that swallows the file ends the reading."""
        if self._is_at_end:
            text = "the quote that opens here is never closed"
            hint = 'close it; a quote inside a quoted cell is written twice: ""'
            raise self.file.error(text, self._opening_line(line, last_line), hint=hint) from error
        # NOTE: only its message tells this error of the csv module from the next.
        if "field limit" in str(error):
            text = f"the row holds a cell of more than {MAX_CELL_CHARACTERS:,} characters"
            hint = "see whether a quote in this row is never closed"
            raise self.file.error(text, line, hint=hint) from error
        place = "" if line == last_line else f" on line {last_line}"
        return (
            f"text follows a closing quote{place}: a quote inside a quoted cell is written twice,"
            " and each quoted cell must be closed"
        )

    def _opening_line(self, line: int, last_line: int) -> int:
        """Find the line of an open quote: a lenient reader gives the cell it has begun."""
        with self.file.open() as stream:
            row = islice(self._lines(stream), line - 1, None)
            cell = next(csv.reader(row, delimiter=self.delimiter))[-1]
        return last_line - cell.removesuffix("\n").count("\n")


def _head(lines: Iterator[str]) -> list[str]:
    """Take the lines of the header row, and the blank ones before it."""
    head: list[str] = []
    for text in islice(lines, HEADER_LINES):
        head.append(text)
        if text.strip() and "".join(head).count('"') % 2 == 0:
            break
    return head


def _delimiter(header: str) -> str:
    """Choose `;`, as Excel writes it in much of Europe, where no comma stands outside quotes."""
    plain = _quoted.sub("", header)
    return ";" if ";" in plain and "," not in plain else ","


def _header(walk: _Walk, rows: Iterator[Row]) -> tuple[list[str], Shape]:
    line, cells = next(rows, (1, []))
    if not cells:
        hint = "the first row names the fields, as in: id,url,fileName,metadata.title"
        raise walk.file.error("there is no header row", line, hint=hint)
    if isinstance(cells, str):
        raise walk.file.error(cells, line)
    for column, name in enumerate(cells, 1):
        if RETURN in name:
            text = f"the name of column {column} holds a carriage return without a line feed"
            raise walk.file.error(text, line, hint="let rows end in LF or CRLF")
        if fault := _fault(name):
            raise walk.file.error(f"the name of column {column}: {fault}", line)
    names = [name.strip() for name in cells]
    shape = shape_of(names)
    if isinstance(shape, str):
        raise walk.file.error(shape, line, hint="give each column a name of its own")
    return names, shape


def _mended(line: int, cells: list[str], names: list[str], shape: Shape) -> Record:
    """Put carriage returns back; what is no text even then makes the row an invalid record."""
    cells = [cell.replace(RETURN, "\r") for cell in cells]
    for name, cell in zip(names, cells, strict=True):
        if fault := _fault(cell):
            return broken(line, fault, name)
    return Record(line, compact(filled(shape, cells)))


def _fault(text: str) -> str | None:
    if NUL in text:
        return "a NUL byte stands in the text; the file is damaged, export it again"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "the text is not UTF-8; export it as UTF-8"
    return None


def _misfit(cells: list[str], names: list[str], delimiter: str) -> str:
    has = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    wanted = "1 column" if len(names) == 1 else f"{len(names)} columns"
    sign = "a tab" if delimiter == "\t" else f"`{delimiter}`"
    advice = f"a cell with {sign}, a quote or a line break in it must be in quotes"
    return f"the row has {has}, the header names {wanted}; {advice}"


CSV = Reader(survey, records)
TSV = Reader(partial(survey, delimiter="\t"), partial(records, delimiter="\t"))
