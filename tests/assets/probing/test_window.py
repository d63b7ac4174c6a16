"""The blocks of a file: what is read of it, how often, and with which limit."""

from __future__ import annotations

import io
import os
import random

import pytest

from ld_import.assets.probe import ProbeProblem
from ld_import.assets.probing.window import BLOCK_BYTES, KEPT_BLOCKS, Window
from tests.assets.probing.makers import CountingReader

DATA = random.Random(1).randbytes(40 * BLOCK_BYTES + 17)


def test_same_as_a_file():
    """Reading and seeking gives the same bytes and positions as a file in memory."""
    rng = random.Random(2)
    window, file = Window(io.BytesIO(DATA), len(DATA)), io.BytesIO(DATA)
    for _ in range(300):
        start, count = rng.randrange(len(DATA) + 100), rng.choice((1, 100, 70_000, 2_000_000))
        assert window.seek(start) == file.seek(start)
        assert window.read(count) == file.read(count)
        assert window.tell() == file.tell()
    assert window.seek(-5, os.SEEK_END) == len(DATA) - 5
    assert window.read() == DATA[-5:]
    assert window.seek(-3, os.SEEK_CUR) == len(DATA) - 3
    buffer = bytearray(10)
    assert window.readinto(memoryview(buffer)) == 3
    assert buffer[:3] == DATA[-3:]


def test_blocks_are_read_once():
    """The latest blocks are kept, however small the reads are."""
    reader = CountingReader(DATA)
    window = Window(reader, None)

    for _ in range(3):
        for at in range(0, KEPT_BLOCKS * BLOCK_BYTES, 1000):
            window.at(at, 10)

    assert window.size == len(DATA)
    assert reader.read_bytes == KEPT_BLOCKS * BLOCK_BYTES


class ShortReader(io.BytesIO):
    """A file that returns less than requested, as sockets do."""

    def read(self, size=-1, /):
        return super().read(min(size, 1000))


def test_short_reads():
    """A source that returns less than requested is asked again."""
    assert Window(ShortReader(DATA), len(DATA)).at(100, 200_000) == DATA[100:200_100]


def test_limit():
    """A content that makes its reader read it again and again is a problem."""
    window = Window(io.BytesIO(DATA), len(DATA))

    with pytest.raises(ProbeProblem):
        for _ in range(100):
            window.at(0, len(DATA))
    assert isinstance(window.failure, ProbeProblem)
