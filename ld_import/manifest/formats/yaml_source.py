"""Input stream of a YAML parser that stops at a record that is too large and resumes after it."""

from __future__ import annotations

from typing import IO

from ld_import.manifest.base import MAX_RECORD_BYTES
from ld_import.manifest.files import BUFFER_BYTES, skip_line

PADDING_BYTES = 4096


class RecordTooLargeError(Exception):
    """The parser read more bytes than a record may have; never raised out of the YAML format."""


class YamlSource:
    """Stream for a parser, which calls `read`; call `begin` at the start of each value.

    A parser holds all input of an unfinished value in memory, so the input is the only place for a
    limit.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        """Start at the first byte of the stream."""
        self._stream = stream
        self._size = 0
        self._line = 1
        # The start of the current line, if it is short enough to examine.
        self._part: bytes | None = b""
        self._padding = 0
        self._prefix = b""

    def begin(self) -> None:
        """Start counting bytes."""
        self._size = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises RecordTooLargeError."""
        if self._padding or self._prefix:
            return self._before()
        if self._size > MAX_RECORD_BYTES:
            raise RecordTooLargeError
        data = self._stream.read(size)
        self._size += len(data)
        self._note(data)
        return data

    def skip_record(self, column: int, *, is_in_mapping: bool) -> int:
        """Skip to the next item of the list at this column, or to the end of the list.

        Returns the line number. A new parser reads the start of such a list, with one empty item,
        before that line.
        """
        line, number = self._part, self._line
        while piece := self._stream.readline(BUFFER_BYTES):
            line = None if line is None else line + piece
            if line is not None and _is_next(line, column, is_in_mapping=is_in_mapping):
                break
            skip_line(self._stream, piece)
            line, number = b"", number + 1
        key = b"_:\n" if is_in_mapping else b""
        self._prefix = key + b" " * column + b"- ~\n" + (line or b"" if piece else b"")
        self._padding = number - 2 - is_in_mapping
        self._line, self._part = number, None
        self.begin()
        return number

    def _before(self) -> bytes:
        if self._padding > 0:
            data = b"\n" * min(self._padding, PADDING_BYTES)
            self._padding -= len(data)
            return data
        data, self._prefix, self._padding = self._prefix, b"", 0
        return data

    def _note(self, data: bytes) -> None:
        at = data.rfind(b"\n")
        if at >= 0:
            self._line += data.count(b"\n")
            self._part = data[at + 1 :]
        elif self._part is not None:
            self._part += data
            if len(self._part) > BUFFER_BYTES:
                self._part = None


def _is_next(line: bytes, column: int, *, is_in_mapping: bool) -> bool:
    """Return whether a line starts the next item of a list, or ends the list."""
    text = line.lstrip(b" ")
    indent = len(line) - len(text)
    if text.strip() in (b"", b"-"):
        return indent == column and text[:1] == b"-"
    if indent != column or text.startswith(b"- "):
        return indent <= column and text[:1] != b"#"
    return is_in_mapping or line.startswith((b"---", b"..."))
