"""Digests of bytes while they pass: SHA-256, and the ETag that S3 gives their object."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

MEGABYTE = 1024 * 1024
# S3 allows this number of parts; files above 10,000 parts need larger ones.
MOST_PARTS = 10_000


def part_size_for(size: int | None, part_size: int) -> int:
    """Return the part size for a file: the given one, or more if it had too many parts."""
    needed = -(-(size or 0) // MOST_PARTS)
    return max(part_size, -(-needed // MEGABYTE) * MEGABYTE)


class Digests:
    """Counts and digests the bytes that pass.

    The ETag of S3 is the MD5 of an object that was sent as a whole; for one of parts it is the MD5
    of their MD5s, and their number.
    """

    def __init__(self, part_size: int) -> None:
        """Begin without bytes."""
        self.size = 0
        self._part_size = part_size
        self._sha256 = hashlib.sha256()
        self._part = _md5()
        self._parts: list[bytes] = []

    def passing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the same pieces."""
        for piece in pieces:
            self.update(piece)
            yield piece

    def update(self, piece: bytes) -> None:
        """Take a piece into account."""
        self._sha256.update(piece)
        rest = memoryview(piece)
        while rest:
            room = self._part_size - self.size % self._part_size
            now, rest = rest[:room], rest[room:]
            self._part.update(now)
            self.size += len(now)
            if len(now) == room:
                self._parts.append(self._part.digest())
                self._part = _md5()

    @property
    def sha256(self) -> bytes:
        """The SHA-256 of all bytes."""
        return self._sha256.digest()

    @property
    def etag(self) -> str:
        """The ETag of an object that is sent as a whole if it fits into one part."""
        parts = [*self._parts, self._part.digest()] if self.size % self._part_size else self._parts
        if self.size <= self._part_size:
            return (parts[0] if parts else self._part.digest()).hex()
        return f"{_md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def _md5(content: bytes = b"") -> hashlib._Hash:
    # The protocol of the storage demands it, and it protects nothing.
    return hashlib.md5(content, usedforsecurity=False)
