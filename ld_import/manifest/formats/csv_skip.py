"""Skipping of a CSV row that is too large for memory, in pieces."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto


class RowState(Enum):
    """Parser state at the end of a piece of a row."""

    START = auto()
    CELL = auto()
    QUOTED = auto()
    QUOTE = auto()
    MISTAKE = auto()


def row_end(pieces: Iterable[bytes], delimiter: bytes, at: RowState) -> tuple[int, bool]:
    """Consume pieces up to the end of the row; return its line feeds, and whether it ends.

    A row does not end if a quote in it is never closed. A piece ends with a line feed or anywhere
    in a line. The rules are those of the csv module in strict mode.
    """
    line_feeds = 0
    for piece in pieces:
        at = _after(piece, delimiter, at)
        if piece.endswith(b"\n"):
            line_feeds += 1
            if at is not RowState.QUOTED:
                return line_feeds, True
    return line_feeds, at is not RowState.QUOTED


def _after(piece: bytes, delimiter: bytes, at: RowState) -> RowState:
    offset = 0
    while offset < len(piece):
        sign = piece[offset : offset + 1]
        if at is RowState.QUOTED:
            offset = piece.find(b'"', offset) + 1
            if not offset:
                return at
            at = RowState.QUOTE
        elif at is RowState.QUOTE and sign != b'"':
            at = RowState.CELL if sign in (delimiter, b"\r", b"\n") else RowState.MISTAKE
        elif at in (RowState.START, RowState.QUOTE) and sign == b'"':
            at = RowState.QUOTED
            offset += 1
        elif at is RowState.MISTAKE:
            return at
        else:
            offset = piece.find(delimiter + b'"', offset) + 2
            if offset == 1:
                return RowState.START if piece.endswith(delimiter) else RowState.CELL
            at = RowState.QUOTED
    return at
