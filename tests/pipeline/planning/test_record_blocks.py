"""Splitting records into blocks by their content, not by their position."""

from __future__ import annotations

from ld_import.model import Record
from ld_import.pipeline.planning.record_blocks import LARGE_BYTES, MOST_RECORDS, blocks, digest_of
from tests.makers import make_record, make_records

COUNT = 5000


def digests(records):
    """Return the digests of the blocks of some records."""
    return [digest_of(block, b"fingerprint") for block in blocks(records)]


def test_no_record_is_omitted():
    """All blocks together are the records, in order."""
    records = make_records(COUNT)

    assert [record for block in blocks(records) for record in block] == records


def test_an_inserted_line_moves_the_bounds_of_one_block():
    """Blocks elsewhere do not change; a block that ended by its length may shift its bound."""
    records = make_records(COUNT)
    before = set(digests(records))

    for at in (0, 1, COUNT // 2, COUNT):
        after = digests([*records[:at], make_record(99_999), *records[at:]])
        assert len(set(after) - before) <= 3
        assert len(before - set(after)) <= 2


def test_blocks_are_neither_tiny_nor_endless():
    """They have a few hundred records, and at most a thousand even if all are equal."""
    assert 8 <= len(digests(make_records(COUNT))) <= 40

    same = [Record(line, b"{}") for line in range(1, COUNT)]
    assert max(map(len, blocks(same))) == MOST_RECORDS


def test_a_block_of_large_records_is_bounded():
    """A block is held in memory, so large records end it early."""
    large = [Record(line, b"x" * (LARGE_BYTES + 1)) for line in range(1, 10)]
    small = [Record(line, b"x" * LARGE_BYTES) for line in range(10, 20)]

    assert [len(block) for block in blocks([*large, *small])] == [1] * 9 + [10]


def test_another_mapping_is_another_block():
    """The conversion to items is part of the digest."""
    (block,) = blocks(make_records(3))

    assert digest_of(block, b"one") != digest_of(block, b"two")


def test_record_bounds_are_part_of_the_digest():
    """The same bytes split into other records are another block."""
    first = [Record(1, b"[1]"), Record(2, b"[2]")]

    assert digest_of(first, b"") != digest_of([Record(1, b"[1][2]")], b"")
