"""Cutting records into blocks: by what they say, not by where they stand."""

from __future__ import annotations

from ld_import.model import Record
from ld_import.pipeline.planning.record_blocks import LARGE_BYTES, MOST_RECORDS, blocks, digest_of
from tests.makers import make_record, make_records

COUNT = 5000


def digests(records):
    """Return the digests of the blocks of some records."""
    return [digest_of(block, b"fingerprint") for block in blocks(records)]


def test_nothing_is_left_out():
    """All blocks together are the records, in their order."""
    records = make_records(COUNT)

    assert [one for block in blocks(records) for one in block] == records


def test_a_line_more_moves_the_bounds_of_one_block():
    """Wherever a record is put in, others stay as they were; one cut for its length is no bound."""
    records = make_records(COUNT)
    before = set(digests(records))

    for at in (0, 1, COUNT // 2, COUNT):
        after = digests([*records[:at], make_record(99_999), *records[at:]])
        assert len(set(after) - before) <= 3
        assert len(before - set(after)) <= 2


def test_blocks_are_neither_tiny_nor_endless():
    """They have some hundred records, and at most a thousand even where all are the same."""
    assert 8 <= len(digests(make_records(COUNT))) <= 40

    same = [Record(line, b"{}") for line in range(1, COUNT)]
    assert max(map(len, blocks(same))) == MOST_RECORDS


def test_a_block_of_large_records_is_bounded():
    """A block is held in memory, however large its records are."""
    large = [Record(line, b"x" * (LARGE_BYTES + 1)) for line in range(1, 10)]
    small = [Record(line, b"x" * LARGE_BYTES) for line in range(10, 20)]

    assert [len(block) for block in blocks([*large, *small])] == [1] * 9 + [10]


def test_another_mapping_is_another_block():
    """What is made of the records belongs to their digest."""
    (block,) = blocks(make_records(3))

    assert digest_of(block, b"one") != digest_of(block, b"two")


def test_bounds_of_records_count():
    """The same bytes in other records are another block."""
    first = [Record(1, b"[1]"), Record(2, b"[2]")]

    assert digest_of(first, b"") != digest_of([Record(1, b"[1][2]")], b"")
