"""Rows of a CSV or TSV file: their cells, and the line each row starts on.

The csv module splits the rows. This module feeds it lines, because the csv module recognizes more
row ends than RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) allows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator
from functools import partial
from itertools import chain, islice, repeat
from typing import IO, Any

from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE
from ld_import.manifest.files import (
    BOM,
    BUFFER_BYTES,
    READ_ERRORS,
    ByteFile,
    check_start,
    skip_line,
    strip_bom,
)
from ld_import.manifest.formats.csv_skip import RowState, row_end

HEADER_LINES = 100
# A line with this many bytes is too large even if it ends there.
LONGEST_LINE = MAX_RECORD_BYTES + 1
FIRST_OF_BOM = BOM[0]
QUOTE_HINT = 'close it; a quote inside a quoted cell is written twice: ""'

# The csv module ends a row at a lone CR, which is data here. Surrogates, which UTF-8 cannot encode,
# replace CR and NUL, so that they are noticed when the record is converted to JSON.
RETURN, NUL = "\ud80d", "\udc00"

_lone_return = re.compile("\r(?!\n)")
_quoted = re.compile('"[^"]*"')
_named_delimiter = re.compile('"?sep=([^"\r\n])"?\r?\n?', re.IGNORECASE).fullmatch

Row = tuple[int, list[str] | str]


class _RowTooLargeError(Exception):
    """A row has more bytes than a record may have; never raised out of this module."""

    def __init__(self, piece: bytes, *, is_first: bool) -> None:
        super().__init__()
        self.piece = piece
        self.is_first = is_first


class Rows:
    """One pass over a file.

    Without a `delimiter`, it is detected in the header row. `header_text` is the text of that row
    when it was read.
    """

    def __init__(
        self, file: ByteFile, delimiter: str | None = None, *, has_quotes: bool = True
    ) -> None:
        """Open nothing; reading starts with the first row. `has_quotes`: cells may be quoted."""
        self.file = file
        self.delimiter = delimiter or ","
        self.has_quotes = has_quotes
        self.is_detected = delimiter is None
        self.header_text = ""
        self._is_at_end = False
        self._line = 0
        self._is_row_start = True

    def read(self) -> Generator[Row]:
        """Yield each row that is not blank: its line and its cells, or why it has none."""
        # The default of 128 kB is too low for long texts; the limit applies to the whole process:
        # https://docs.python.org/3/library/csv.html#csv.field_size_limit
        csv.field_size_limit(MAX_RECORD_BYTES)
        try:
            with self.file.open() as stream:
                check_start(self.file, stream.peek(4)[:4])
                yield from self._rows(stream)
        except READ_ERRORS as error:
            raise self.file.read_error(error, self._line) from error

    def _rows(self, stream: IO[bytes]) -> Iterator[Row]:
        lines = self._lines(stream)
        head, before = self._head(lines)
        reader = self._reader(chain(head, lines))
        while True:
            line = self._line = before + reader.line_num + 1
            self._is_row_start = True
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, self._bad_row(error, line, before + reader.line_num)
                continue
            except _RowTooLargeError as row:
                yield line, TOO_LARGE
                before += reader.line_num + self._skip(stream, row, line)
                reader = self._reader(self._lines(stream))
                continue
            if (cells and cells[0].strip()) or any(map(str.strip, cells)):
                yield line, cells

    def _reader(self, lines: Iterator[str]) -> Any:
        if not self.has_quotes:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, strict=True)

    def _lines(self, stream: IO[bytes]) -> Iterator[str]:
        r"""Yield lines that end in `\n` only; bytes that are not UTF-8 become lone surrogates."""
        room = 0
        for data in map(stream.readline, repeat(LONGEST_LINE)):
            if not data:
                break
            if self._is_row_start:
                self._is_row_start = False
                room = MAX_RECORD_BYTES - len(data)
                # In concatenated files, any row may start with a byte order mark.
                if data[0] == FIRST_OF_BOM:
                    data = strip_bom(data)
                if room < 0:
                    raise _RowTooLargeError(data, is_first=True)
            else:
                room -= len(data)
                if room < 0:
                    raise _RowTooLargeError(data, is_first=False)
            text = data.decode("utf-8", "surrogateescape")
            # A search that excludes the last two characters is cheap, and ignores CRLF.
            if "\r" in text and (text.find("\r", 0, -2) >= 0 or text[-1] != "\n"):
                text = _lone_return.sub(RETURN, text)
            yield text.replace("\0", NUL) if "\0" in text else text
        self._is_at_end = True

    def _head(self, lines: Iterator[str]) -> tuple[list[str], int]:
        """Read the header row with the blank lines before it, and detect the delimiter.

        Returns its lines, and the number of lines before them.
        """
        head, before = self._header_lines(lines), 0
        if len(head) == 1 and (named := _named_delimiter(head[0])):
            # A delimiter that the caller set takes precedence.
            if self.has_quotes or named[1] == self.delimiter:
                self.delimiter = named[1] if self.is_detected else self.delimiter
                self.is_detected = False
                head, before = self._header_lines(lines), 1
        elif self.is_detected:
            self.delimiter = _delimiter("".join(head))
        self.header_text = "".join(head)
        return head, before

    def _header_lines(self, lines: Iterator[str]) -> list[str]:
        head: list[str] = []
        self._is_row_start = True
        try:
            for text in islice(lines, HEADER_LINES):
                head.append(text)
                if not text.strip():
                    self._is_row_start = True
                elif not self.has_quotes or "".join(head).count('"') % 2 == 0:
                    break
        except _RowTooLargeError:
            text = f"the header row is larger than {MAX_RECORD_BYTES:,} bytes"
            hint = "check whether a quote in it is never closed"
            raise self.file.error(text, len(head) + 1, hint=hint) from None
        return head

    def _skip(self, stream: IO[bytes], row: _RowTooLargeError, line: int) -> int:
        """Skip the rest of a row that is too large; return the number of lines skipped."""
        if not self.has_quotes:
            skip_line(stream, row.piece)
            return 1
        # A row continues on the next line only inside quotes.
        at = RowState.START if row.is_first else RowState.QUOTED
        pieces = chain((row.piece,), iter(partial(stream.readline, BUFFER_BYTES), b""))
        line_count, is_closed = row_end(pieces, self.delimiter.encode(), at)
        if not is_closed:
            raise self.file.error("a quote in this row is never closed", line, hint=QUOTE_HINT)
        return line_count

    def _bad_row(self, error: csv.Error, line: int, last_line: int) -> str:
        """Return the message about an invalid row. Raises `ManifestError` for an unclosed quote."""
        if self._is_at_end:
            text = "the quote that opens here is never closed"
            opening = self._opening_line(line, last_line)
            raise self.file.error(text, opening, hint=QUOTE_HINT) from error
        place = "" if line == last_line else f" on line {last_line}"
        return (
            f"text follows a closing quote{place}: write each quote inside a quoted cell twice,"
            " and close each quoted cell"
        )

    def _opening_line(self, line: int, last_line: int) -> int:
        """Return the line of the unclosed quote; a lenient reader returns the cell it starts."""
        with self.file.open() as stream:
            for _ in range(line - 1):
                skip_line(stream, stream.readline(BUFFER_BYTES))
            self._is_row_start = True
            cell = next(csv.reader(self._lines(stream), delimiter=self.delimiter))[-1]
        return last_line - cell.removesuffix("\n").count("\n")


def unquoted(text: str) -> str:
    """Return a text without its quoted parts."""
    return _quoted.sub("", text)


def _delimiter(header: str) -> str:
    """Return `;`, which Excel writes in many locales, if the header row has one and no comma."""
    plain = unquoted(header)
    return ";" if ";" in plain and "," not in plain else ","
