"""Exact distinctness of the values of many columns, by 64-bit hashes, in limited memory.

Hashes are kept in sets. When all sets together reach a limit, columns with a repetition are given
up, and the hashes of the others are written to a temporary file in sorted runs.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from heapq import merge
from typing import IO

from ld_import.tempdir import python_folder, temp_space_error

# About 30 MB.
HASHES_IN_MEMORY = 300_000
HASHES_IN_A_PIECE = 8_192
BYTES = 8
# A column with a repetition is given up after this number of values.
TRIAL = 4_096
MASK = (1 << 64) - 1


class HashStore:
    """The memory and the temporary file that all columns share."""

    def __init__(self, limit: int = HASHES_IN_MEMORY) -> None:
        """Open no file until the limit is reached."""
        self._limit = limit
        self._left = limit
        self._file: IO[bytes] | None = None
        self._active: list[Distinct] = []

    def column(self) -> Distinct:
        """Return a new column."""
        column = Distinct(self)
        self._active.append(column)
        return column

    def spend(self) -> None:
        """Count a hash in memory, and free the memory at the limit."""
        self._left -= 1
        if self._left < 0:
            self._left = self._limit
            self._active = [column for column in self._active if column.spill()]

    def write(self, hashes: set[int]) -> tuple[int, int]:
        """Write a sorted run; return its position and length. Raises TempSpaceError."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
            at = self._file.seek(0, 2)
            array("Q", sorted(hashes)).tofile(self._file)
            self._file.flush()
        except OSError as error:
            raise self._error("written", error) from error
        return at, len(hashes)

    def read(self, at: int, count: int) -> Iterator[int]:
        """Yield the hashes of a run. Raises TempSpaceError."""
        while count:
            size = min(count, HASHES_IN_A_PIECE)
            piece = array("Q")
            try:
                assert self._file is not None
                self._file.seek(at)
                piece.frombytes(self._file.read(size * BYTES))
            except OSError as error:
                raise self._error("read", error) from error
            yield from piece
            at, count = at + size * BYTES, count - size

    def close(self) -> None:
        """Remove the temporary file."""
        if self._file is not None:
            self._file.close()

    def _error(self, action: str, error: OSError) -> Exception:
        return temp_space_error(f"the values of columns cannot be {action}", python_folder(), error)


class Distinct:
    """The values of one column. `repeat` is the number of the first record that repeats one."""

    __slots__ = ("_hashes", "is_open", "_runs", "_scratch", "count", "known", "repeat")

    def __init__(self, scratch: HashStore) -> None:
        """Start without a value."""
        self._scratch = scratch
        self._hashes: set[int] = set()
        self._runs: list[tuple[int, int]] = []
        self.is_open = True
        self.count = 0
        self.known = 0
        self.repeat: int | None = None

    def add(self, text: str, number: int) -> None:
        """Count the value of a record."""
        if not self.is_open:
            return
        key = hash(text) & MASK
        self.count += 1
        if key in self._hashes:
            if self.repeat is None:
                self.repeat = number
            if self.count >= TRIAL:
                self.stop()
            return
        self._hashes.add(key)
        self.known += 1
        self._scratch.spend()

    @property
    def share(self) -> float:
        """Share of different values among the counted ones; those after a given-up one are not."""
        return self.known / self.count if self.count else 0.0

    def stop(self) -> None:
        """Give this column up and free its memory."""
        self.is_open = False
        self._hashes = set()
        self._runs = []

    def spill(self) -> bool:
        """Free the memory of this column; return whether it counts on."""
        if not self.is_open or self.repeat is not None:
            self.stop()
            return False
        if self._hashes:
            self._runs.append(self._scratch.write(self._hashes))
            self._hashes = set()
        return True

    def is_unique(self) -> bool:
        """Return whether no value is repeated."""
        if not self.is_open or self.repeat is not None:
            return False
        runs = [self._scratch.read(at, count) for at, count in self._runs]
        if not runs:
            return True
        before = -1
        for key in merge(*runs, iter(sorted(self._hashes))):
            if key == before:
                return False
            before = key
        return True
