"""Sliding window over a JSON text, so that only a part of it is in memory."""

from __future__ import annotations

import codecs
import re
from typing import IO

from ld_import.manifest.files import ByteFile

CHUNK_BYTES = 1024 * 1024

_blank_from = re.compile(r"[ \t\n\r]*").match
_scalar_from = re.compile(r"[^ \t\n\r,\]}]*").match
_bracket_or_quote_from = re.compile(r'["\[\]{}]').search
_string_end_from = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL).match


class Window:
    """A part `text` of a stream with the position `at`; at least `ahead` characters follow it.

    Fewer characters follow only at the end of the stream, when `is_whole`. Advancing invalidates
    earlier positions.
    """

    def __init__(self, file: ByteFile, stream: IO[bytes], ahead: int) -> None:
        """Start at the first byte; `file` is for messages."""
        self.text = ""
        self.at = 0
        self.is_whole = False
        self._file = file
        self._stream = stream
        self._ahead = ahead
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        # Characters that precede the text on its first line; last counted position with its line.
        self._column = 0
        self._counted = (0, 1)

    def next_sign(self) -> str:
        """Advance to the next character that is not white space and return it; empty at the end."""
        while True:
            self._fill()
            blank = _blank_from(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self.text) or self.is_whole:
                self._fill()
                return self.text[self.at : self.at + 1]

    def line(self) -> int:
        """Return the line of the current position."""
        at, line = self._counted
        self._counted = (self.at, line + self.text.count("\n", at, self.at))
        return self._counted[1]

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column of a position at or after the last call of `line`."""
        start, line = self._counted
        before = self.text.rfind("\n", 0, at)
        column = at - before if before >= 0 else self._column + at + 1
        return line + self.text.count("\n", start, at), column

    def skip_value(self) -> None:
        """Advance to the end of a value of any size, or to the end of the text."""
        depth = 0
        while sign := self.next_sign():
            if sign == '"':
                self._skip_string()
            elif sign in "[{":
                depth += 1
                self.at += 1
            elif sign in "]}":
                depth -= 1
                self.at += 1
            elif depth:
                match = _bracket_or_quote_from(self.text, self.at)
                self.at = match.start() if match else len(self.text)
            else:
                self._skip_scalar()
            if depth <= 0:
                return

    def _skip_scalar(self) -> None:
        while match := _scalar_from(self.text, self.at):
            self.at = match.end()
            if self.at < len(self.text) or self.is_whole:
                return
            self._fill()

    def _skip_string(self) -> None:
        self.at += 1
        while match := _string_end_from(self.text, self.at):
            self.at = match.end()
            if match.group(1) or self.is_whole:
                return
            # A backslash at the end escapes the first character of the next chunk.
            self._fill()

    def _fill(self) -> None:
        """Read more, unless `ahead` characters follow."""
        if self.is_whole or len(self.text) - self.at >= self._ahead:
            return
        self._drop()
        pieces, size = [self.text], len(self.text)
        while size < 2 * self._ahead and not self.is_whole:
            data = self._stream.read(CHUNK_BYTES)
            self.is_whole = not data
            pieces.append(self._decoded(data, pieces))
            size += len(pieces[-1])
        self.text = "".join(pieces)

    def _drop(self) -> None:
        """Remove the text before the current position."""
        line = self.line()
        before = self.text.rfind("\n", 0, self.at)
        self._column = self.at - before - 1 if before >= 0 else self._column + self.at
        self.text = self.text[self.at :]
        self.at = 0
        self._counted = (0, line)

    def _decoded(self, data: bytes, pieces: list[str]) -> str:
        try:
            return self._decode(data, not data)
        except UnicodeDecodeError as error:
            self.text = "".join([*pieces, error.object[: error.start].decode()])
            line, column = self.place(len(self.text))
            hint = "save the file as UTF-8"
            raise self._file.error("the text is not UTF-8", line, column, hint) from error
