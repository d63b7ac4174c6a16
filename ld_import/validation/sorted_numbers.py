"""Numbers sorted on disk: written in sorted runs, read back as one sequence, in 3 MB of memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile

from ld_import.tempdir import disk_errors

RUN_LENGTH = 32_768
# The numbers read at once: about RUN_LENGTH of all runs together, and a block of each run.
SAMPLE_STEP = 2048
BLOCK_LENGTH = 1024
NUMBER_BYTES = 8
MEMORY_BYTES = 1024 * 1024
NUMBERS = "the numbers to be sorted"


class SortedNumbers:
    """Sorts any number of signed 64-bit numbers; a file without a name holds them until `close`."""

    def __init__(self) -> None:
        """Begin without numbers; some 100,000 need no file."""
        self._file = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed by `close`
        self._new: list[int] = []
        self._runs: list[tuple[int, int]] = []
        self._samples: list[int] = []
        self._end = 0

    def add(self, numbers: Iterable[int]) -> None:
        """Add a few numbers, up to some thousand."""
        self._new += numbers
        if len(self._new) >= RUN_LENGTH:
            self._write_run()

    def __iter__(self) -> Iterator[int]:
        """Yield all numbers in ascending order; nothing may be added meanwhile."""
        if not self._runs:
            yield from sorted(self._new)
            return
        self._write_run()
        runs = [_Run(self, first, last) for first, last in self._runs]
        limits = sorted(self._samples)[RUN_LENGTH // SAMPLE_STEP :: RUN_LENGTH // SAMPLE_STEP]
        for limit in (*limits, None):
            part: list[int] = []
            for run in runs:
                part += run.take_below(limit)
            # Sorting merges the sorted pieces in nearly linear time.
            part.sort()
            yield from part

    def close(self) -> None:
        """Remove the file."""
        # A full disk has been reported before; here a last attempt to write fails again.
        with suppress(OSError):
            self._file.close()

    def read(self, first: int, last: int) -> list[int]:
        """Return the numbers between two positions in the file."""
        with disk_errors(NUMBERS):
            self._file.seek(first * NUMBER_BYTES)
            return array("q", self._file.read((last - first) * NUMBER_BYTES)).tolist()

    def _write_run(self) -> None:
        self._new.sort()
        with disk_errors(NUMBERS):
            self._file.seek(self._end * NUMBER_BYTES)
            self._file.write(array("q", self._new).tobytes())
            self._file.flush()
        self._runs.append((self._end, self._end + len(self._new)))
        self._end += len(self._new)
        self._samples += self._new[::SAMPLE_STEP]
        self._new.clear()


class _Run:
    """The rest of a sorted run, of which one block is in memory."""

    def __init__(self, numbers: SortedNumbers, first: int, last: int) -> None:
        self._numbers = numbers
        self._next, self._last = first, last
        self._block: list[int] = []
        self._at = 0

    def take_below(self, limit: int | None) -> list[int]:
        """Take all numbers below a limit, or all of them."""
        taken: list[int] = []
        while True:
            block = self._block
            end = len(block) if limit is None else bisect_left(block, limit, self._at)
            taken += block[self._at : end]
            self._at = end
            if end < len(block) or self._next == self._last:
                return taken
            end = min(self._next + BLOCK_LENGTH, self._last)
            self._block, self._at = self._numbers.read(self._next, end), 0
            self._next = end
