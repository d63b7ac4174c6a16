"""Converts a record to an item: maps and validates it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeGuard

from ld_import.kinds.base import Kind
from ld_import.manifest.mapping import Mapping
from ld_import.model import Entry, Invalid, Item, Problem, Record

# Records that are converted together: their fields fit into the cache of a processor.
PART_RECORDS = 32


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ItemReader:
    """Maps and validates records; `checkpoint` may raise before a record is mapped.

    With `keeps_fields` the items have their parsed `fields`, with `hashes_fields` the items of
    `items_from` their `field_hashes`. With `has_notes`, records with a file have a note about it.
    """

    mapping: Mapping
    kind: Kind
    system_name: str
    checkpoint: Callable[[], None] | None = None
    keeps_fields: bool = False
    has_notes: bool = False
    hashes_fields: bool = False

    @property
    def fingerprint(self) -> bytes:
        """A hash of all settings that affect the conversion of records to items."""
        seed = f"{self.kind.name}\0{self.system_name}\0".encode() + self.mapping.fingerprint
        return blake2b(seed, digest_size=16).digest()

    def item_from(self, record: Record, digest: bytes, largest_bytes: int) -> Item | Invalid:
        """Return the item of a record, or all its problems; the item keeps `digest`."""
        if self.checkpoint is not None:
            self.checkpoint()
        if self.has_notes:
            return self._noted_item_from(record, digest, largest_bytes)
        entry = self.mapping.entry_from(record)
        return self.checked(entry, record, digest, largest_bytes)

    def items_from(
        self, records: Sequence[Record], digests: Sequence[bytes], largest_bytes: int
    ) -> list[Item | Invalid]:
        """Return for each record what `item_from` does, in less time."""
        if self.has_notes:
            return [
                self.item_from(record, digest, largest_bytes)
                for record, digest in zip(records, digests, strict=True)
            ]
        made: list[Item | Invalid] = []
        for at in range(0, len(records), PART_RECORDS):
            part = slice(at, at + PART_RECORDS)
            made += self._items_of_part(records[part], digests[part], largest_bytes)
        return made

    def _items_of_part(
        self, records: Sequence[Record], digests: Sequence[bytes], largest_bytes: int
    ) -> Sequence[Item | Invalid]:
        if self.checkpoint is not None:
            # Records that are mapped together are so few that this takes below a millisecond.
            self.checkpoint()
        mapped = self.mapping.entries_from(records, self.checkpoint)
        entries = [entry for entry in mapped if isinstance(entry, Entry)]
        if len(entries) < len(mapped):
            digests = [
                digest
                for entry, digest in zip(mapped, digests, strict=True)
                if isinstance(entry, Entry)
            ]
        items = self.kind.items_from(
            entries,
            self.system_name,
            digests,
            keeps_fields=self.keeps_fields,
            hashes_fields=self.hashes_fields,
        )
        # The usual case, without a call for each item.
        if len(items) == len(records) and _all_fit(items, largest_bytes):
            return items
        made = iter(items)
        return [
            self._finished(next(made), record, largest_bytes) if isinstance(entry, Entry) else entry
            for entry, record in zip(mapped, records, strict=True)
        ]

    def _noted_item_from(self, record: Record, digest: bytes, largest_bytes: int) -> Item | Invalid:
        # Only needed for files to upload.
        from ld_import.kinds.media_library.files import with_asset
        from ld_import.pipeline.files.notes import checksum_with, split

        record, note = split(record)
        entry = self.mapping.entry_from(record)
        if note is not None and note.asset is not None and isinstance(entry, Entry):
            file = entry.fields["file"]
            entry = entry._replace(fields=with_asset(entry.fields, note.asset, note.media))
            item = self.checked(entry, record, digest, largest_bytes)
            return item if isinstance(item, Invalid) else item._replace(url=file)
        item = self.checked(entry, record, digest, largest_bytes)
        if note is None or isinstance(item, Invalid) or not item.file:
            return item
        return item._replace(checksum=checksum_with(item.checksum, note), file_size=note.size)

    def checked(
        self, entry: Entry | Invalid, record: Record, digest: bytes, largest_bytes: int
    ) -> Item | Invalid:
        """Return the item of a mapped record, or all its problems."""
        if isinstance(entry, Invalid):
            return entry
        item = self.kind.item_from(entry, self.system_name, digest, keeps_fields=self.keeps_fields)
        return self._finished(item, record, largest_bytes)

    def _finished(self, item: Item | Invalid, record: Record, largest_bytes: int) -> Item | Invalid:
        """Return an item of a record that fits into a request, or all problems."""
        if isinstance(item, Invalid):
            return self.mapping.advise(item, record)
        if len(item.body) <= largest_bytes:
            return item
        text = (
            f"the entry has {len(item.body):,} bytes, more than the {largest_bytes:,} that fit"
            " into a request; shorten its metadata"
        )
        return Invalid(item.line, item.key.external_id, (Problem("", text),))


def _all_fit(made: Sequence[Item | Invalid], largest_bytes: int) -> bool:
    return _are_items(made) and max([len(item.body) for item in made]) <= largest_bytes


def _are_items(made: Sequence[Item | Invalid]) -> TypeGuard[Sequence[Item]]:
    return set(map(type, made)) == {Item}
