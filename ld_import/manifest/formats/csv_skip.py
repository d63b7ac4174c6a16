"""Where a CSV row ends that is too large to be read: passed over in pieces."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto


class At(Enum):
    """What the last piece of a row ended in."""

    START = auto()
    CELL = auto()
    QUOTED = auto()
    QUOTE = auto()
    MISTAKE = auto()


def row_end(pieces: Iterable[bytes], delimiter: bytes, at: At) -> tuple[int, bool]:
    """Take pieces up to the end of the row; return its line feeds, and whether it has an end.

    Without an end there is a quote that is never closed. Each piece ends with a line feed, or where
    it was cut; the rules are those of the csv module in its strict mode.
    """
    line_feeds = 0
    for piece in pieces:
        at = _after(piece, delimiter, at)
        if piece.endswith(b"\n"):
            line_feeds += 1
            if at is not At.QUOTED:
                return line_feeds, True
    return line_feeds, at is not At.QUOTED


def _after(piece: bytes, delimiter: bytes, at: At) -> At:
    place = 0
    while place < len(piece):
        sign = piece[place : place + 1]
        if at is At.QUOTED:
            place = piece.find(b'"', place) + 1
            if not place:
                return at
            at = At.QUOTE
        elif at is At.QUOTE and sign != b'"':
            at = At.CELL if sign in (delimiter, b"\r", b"\n") else At.MISTAKE
        elif at in (At.START, At.QUOTE) and sign == b'"':
            at = At.QUOTED
            place += 1
        elif at is At.MISTAKE:
            return at
        else:
            place = piece.find(delimiter + b'"', place) + 2
            if place == 1:
                return At.START if piece.endswith(delimiter) else At.CELL
            at = At.QUOTED
    return at
