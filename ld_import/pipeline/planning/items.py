"""Converts a record to an item: maps and validates it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from ld_import.kinds.base import Kind
from ld_import.manifest.mapping import Mapping
from ld_import.model import Entry, Invalid, Item, Problem, Record


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ItemReader:
    """Maps and validates records; `checkpoint` may raise before a record is mapped.

    With `keeps_fields` the items have their parsed `fields`. With `has_notes`, records with a file
    have a note about it.
    """

    mapping: Mapping
    kind: Kind
    system_name: str
    checkpoint: Callable[[], None] | None = None
    keeps_fields: bool = False
    has_notes: bool = False

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
        if isinstance(entry, Entry):
            item = self.kind.item_from(
                entry, self.system_name, digest, keeps_fields=self.keeps_fields
            )
            # The usual case, without another call.
            if isinstance(item, Item) and len(item.body) <= largest_bytes:
                return item
        return self.checked(entry, record, digest, largest_bytes)

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
        if isinstance(item, Invalid):
            return self.mapping.advise(item, record)
        if len(item.body) > largest_bytes:
            text = (
                f"the entry has {len(item.body):,} bytes, more than the {largest_bytes:,} that fit"
                " into a request; shorten its metadata"
            )
            return Invalid(item.line, item.key.external_id, (Problem("", text),))
        return item
