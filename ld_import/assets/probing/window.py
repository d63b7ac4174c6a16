"""A file that is read in blocks of 64 KB, the latest of which are kept.

Its readers know only file objects, and hide errors of the source; this one keeps the error.
"""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from typing import Protocol

from ld_import.assets.probing.facts import ProbeProblem

BLOCK_BYTES = 65_536
KEPT_BLOCKS = 24
# No content needs more than this, or than twice its size; a hostile one shall not take hours.
ALLOWED_BYTES = 64 * 1024 * 1024


class Reader(Protocol):
    """A file that can be read from any position."""

    def read(self, size: int, /) -> bytes:
        """Return at most this many bytes, none at the end."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Change the position."""
        ...


class Window(io.RawIOBase):
    """Reads few pieces of a file; `failure` is the first error of its source, or of its limit."""

    def __init__(self, reader: Reader, size: int | None) -> None:
        """Read from this source; without a size, its end is looked for."""
        super().__init__()
        self._reader = reader
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self.failure: Exception | None = None
        self.size = reader.seek(0, os.SEEK_END) if size is None else size
        self._allowed_bytes = ALLOWED_BYTES + 2 * self.size

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Change the position, which may be behind the end."""
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}
        self._position = max(0, starts[whence] + offset)
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most this many bytes from the position on, to the end if it is negative."""
        wanted = self.size if size is None or size < 0 else size
        data = self.at(self._position, wanted)
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill a buffer from the position on; return how many bytes there were."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def at(self, offset: int, count: int) -> bytes:
        """Return the bytes there, fewer at the end of the file."""
        end = min(offset + count, self.size)
        if end <= offset:
            return b""
        first, last = offset // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        if last - first >= KEPT_BLOCKS:
            return self._read(offset, end - offset)
        joined = b"".join(self._block(number) for number in range(first, last + 1))
        start = offset - first * BLOCK_BYTES
        return joined[start : start + end - offset]

    def whole(self) -> bytes:
        """Return all bytes; only the first block of them is kept here."""
        first = self._block(0) if self.size else b""
        rest = self.size - len(first)
        return first + self._read(len(first), rest) if rest else first

    def head(self, count: int = BLOCK_BYTES) -> bytes:
        """Return the first bytes."""
        return self.at(0, count)

    def tail(self, count: int = BLOCK_BYTES) -> bytes:
        """Return the last bytes."""
        start = max(0, self.size - count)
        return self.at(start, self.size - start)

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * BLOCK_BYTES
        block = self._read(start, min(BLOCK_BYTES, self.size - start))
        self._blocks[number] = block
        if len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return block

    def _read(self, offset: int, count: int) -> bytes:
        pieces = []
        self._allowed_bytes -= count
        try:
            if self._allowed_bytes < 0:
                raise ProbeProblem("its parts refer to each other so often that it is not read")
            self._reader.seek(offset)
            while count > 0 and (piece := bytes(self._reader.read(count))):
                pieces.append(piece)
                count -= len(piece)
        except Exception as error:
            self.failure = self.failure or error
            raise
        return b"".join(pieces)
