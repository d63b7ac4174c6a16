"""Iterators of bytes: their beginning, their end, and their errors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator


class Guarded:
    """Keeps the error of a source apart from errors of the storage that takes its pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Begin without an error."""
        self.error: Exception | None = None
        self._pieces = pieces

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces; an error of theirs is kept and raised."""
        try:
            yield from self._pieces
        except Exception as error:
            self.error = error
            raise

    def close(self) -> None:
        """Close the source of the pieces at once, after an error as well."""
        close(self._pieces)


def sha256_of(pieces: Iterator[bytes]) -> bytes:
    """Return the SHA-256 of all pieces."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def first_part(pieces: Iterator[bytes], part_size: int) -> list[bytes]:
    """Return pieces until they have more bytes than a part, or all."""
    found, size = [], 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > part_size:
            break
    return found


def emptying(pieces: list[bytes]) -> Iterator[bytes]:
    """Yield the pieces, and release each at once."""
    pieces.reverse()
    while pieces:
        yield pieces.pop()


def close(pieces: Iterator[bytes]) -> None:
    """Close a generator; other iterators need nothing."""
    closing = getattr(pieces, "close", None)
    if closing is not None:
        closing()
