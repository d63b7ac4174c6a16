"""Reads the records of a block: leaves those whose text the ledger knows, and parses the others."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from ld_import.ledger.base import Ledger
from ld_import.model import Invalid, Item, ItemKey, KnownItem, Record, State
from ld_import.pipeline.planning.items import ItemReader
from ld_import.pipeline.planning.record_blocks import digest_of

# Of the hash of a record: enough for some billion records of a manifest; each is stored.
DIGEST_BYTES = 11


class ReadBlock(NamedTuple):
    """The records of a block by their positions in it.

    - `made`: the items of the records that were parsed.
    - `known`: what the ledger knows about these items.
    - `left`: the positions of the other records, by the rows of their items.
    - `failed_before`: those of these rows whose items failed.
    """

    made: dict[int, Item | Invalid]
    known: dict[ItemKey, KnownItem]
    left: dict[int, int]
    failed_before: set[int]


class BlockReader:
    """Reads blocks of one manifest. An item larger than `largest_item_bytes` is invalid.

    Records whose items are in one of the `unread_states` are left if their text is known, except
    those in `other_rows`.
    """

    def __init__(
        self,
        reader: ItemReader,
        ledger: Ledger,
        largest_item_bytes: int,
        unread_states: frozenset[State],
        other_rows: frozenset[int],
    ) -> None:
        """Read nothing yet."""
        self._reader = reader
        self._ledger = ledger
        self._largest_item_bytes = largest_item_bytes
        self._unread_states = unread_states
        self._other_rows = other_rows
        self._fingerprint = reader.fingerprint

    def digest_of(self, records: Sequence[Record]) -> bytes:
        """Return the digest of a block."""
        return digest_of(records, self._fingerprint)

    def read_new(
        self, records: Sequence[Record], *, keeps_digests: bool = True
    ) -> list[Item | Invalid]:
        """Parse all records; without `keeps_digests` the items lack that of their record."""
        digests = self._digests_of(records) if keeps_digests else [b""] * len(records)
        return self._reader.items_from(records, digests, self._largest_item_bytes)

    def read(self, records: Sequence[Record], line_of_row: array[int]) -> ReadBlock:
        """Read a block; the lines of records that are left are noted in `line_of_row`."""
        digests = self._digests_of(records)
        unread, left, failed_before = self._leave_unread(records, digests, line_of_row)
        items = self._reader.items_from(
            [records[at] for at in unread],
            [digests[at] for at in unread],
            self._largest_item_bytes,
        )
        made = dict(zip(unread, items, strict=True))
        known = self._ledger.find([item.key for item in made.values() if isinstance(item, Item)])
        block = ReadBlock(made, known, left, failed_before)
        for at in _left_too_early(block, line_of_row):
            made[at] = self._item_from(records[at], digests[at])
        return block

    def _digests_of(self, records: Sequence[Record]) -> list[bytes]:
        key = self._fingerprint
        return [
            blake2b(record.raw, digest_size=16, key=key).digest()[:DIGEST_BYTES]
            for record in records
        ]

    def _leave_unread(
        self, records: Sequence[Record], digests: Sequence[bytes], line_of_row: array[int]
    ) -> tuple[list[int], dict[int, int], set[int]]:
        """Return the positions of the records to parse, and `left` and `failed_before`."""
        states = self._unread_states
        known = self._ledger.known(digests) if states else {}
        unread: list[int] = []
        left: dict[int, int] = {}
        failed_before: set[int] = set()
        for at, digest in enumerate(digests):
            row, state = known.get(digest, (0, State.PENDING))
            is_read = row >= len(line_of_row) or line_of_row[row] or row in self._other_rows
            if state not in states or is_read:
                unread.append(at)
                continue
            line_of_row[row] = records[at].line
            left[row] = at
            if state is State.FAILED:
                failed_before.add(row)
        return unread, left, failed_before

    def _item_from(self, record: Record, digest: bytes) -> Item | Invalid:
        return self._reader.item_from(record, digest, self._largest_item_bytes)


def _left_too_early(block: ReadBlock, line_of_row: array[int]) -> list[int]:
    """Undo leaving a record if an earlier line has the same key; return their positions."""
    late: list[int] = []
    for at, item in block.made.items():
        before = block.known.get(item.key) if isinstance(item, Item) else None
        if before is not None and block.left.get(before.row, -1) > at:
            late.append(block.left.pop(before.row))
            line_of_row[before.row] = 0
    return late
