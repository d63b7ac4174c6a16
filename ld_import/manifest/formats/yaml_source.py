"""The text that a YAML parser reads: it ends a record that is too large, and begins behind it."""

from __future__ import annotations

from typing import IO

from ld_import.manifest.base import MAX_RECORD_BYTES
from ld_import.manifest.files import skip_line
from ld_import.manifest.spool import BUFFER_BYTES

PADDING_BYTES = 4096


class TooMuchText(Exception):  # noqa: N818 - never leaves the reader of YAML
    """The parser read more than a record may have, and has not come to its end."""


class YamlSource:
    """A stream for a parser, which calls `read`; `begin` is called where something new begins.

    A parser keeps what it reads in memory until it has a whole value, so that a limit can be kept
    only here.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        """Begin at the first byte of the stream."""
        self._stream = stream
        self._size = 0
        self._line = 1
        # The line that the parser has read in part, if it is short enough to be looked at.
        self._part: bytes | None = b""
        self._padding = 0
        self._prefix = b""

    def begin(self) -> None:
        """Count from here."""
        self._size = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises TooMuchText."""
        if self._padding or self._prefix:
            return self._before()
        if self._size > MAX_RECORD_BYTES:
            raise TooMuchText
        data = self._stream.read(size)
        self._size += len(data)
        self._note(data)
        return data

    def skip_record(self, column: int, *, is_in_mapping: bool) -> int:
        """Move to the line where an item of the list at this column begins, or where the list ends.

        Return its number. For a new parser an empty item of such a list, and what surrounds it,
        precede that line.
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
    """Report whether a line begins the next item of a list, or ends the list."""
    text = line.lstrip(b" ")
    indent = len(line) - len(text)
    if text.strip() in (b"", b"-"):
        return indent == column and text[:1] == b"-"
    if indent != column or text.startswith(b"- "):
        return indent <= column and text[:1] != b"#"
    return is_in_mapping or line.startswith((b"---", b"..."))
