"""Cuts the items to send into batches, limited by number of items and by bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ld_import.model import Batch, Item, ItemKey, KnownItem, Send, State
from ld_import.pipeline.planning.batch_size import BatchSize

SMALLEST_BYTES = 1000
NOTHING_HELD = (State.REFUSED, State.LOST)


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class Batcher:
    """Collects items and returns a batch whenever one is full.

    `most_bytes` limits the whole request, of which `envelope_bytes` are not items. `most_items`
    limits batches below `size`.
    """

    size: BatchSize
    most_bytes: int
    envelope_bytes: int
    most_items: int | None = None
    _items: list[Item] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _existing: set[ItemKey] = field(default_factory=set)
    _marks: dict[ItemKey, bytes] = field(default_factory=dict)
    _unconfirmed: dict[ItemKey, datetime] = field(default_factory=dict)
    _suspects: set[ItemKey] = field(default_factory=set)
    _lost_field_hashes: dict[ItemKey, bytes] = field(default_factory=dict)
    _most_now: int = 0
    _bytes: int = 0

    def add_all(self, sends: Sequence[Send]) -> Iterator[Batch]:
        """Add items in order; yield each batch that they complete, or that has no space for one."""
        at = 0
        while at < len(sends):
            part = sends[at : at + max(self._room, 1)]
            at += len(part)
            if not self._add_together(part):
                yield from filter(None, map(self.add, part))
            elif not self._room and (batch := self.rest()):
                yield batch

    @property
    def _most_items_now(self) -> int:
        return min(self.size.size, self.most_items or self.size.size)

    @property
    def _room(self) -> int:
        """The number of new items that complete the batch; below 1 if the size has shrunk."""
        size = self._most_items_now
        return min(self._most_now or size, size) - len(self._items)

    def _add_together(self, sends: Sequence[Send]) -> bool:
        """Add items if all of them are new and fit into the batch; most do."""
        items = [send.item for send in sends if send.known is None]
        names = {item.key.external_id for item in items}
        needed = sum([len(item.body) for item in items]) + len(items)
        is_too_large = self.envelope_bytes + self._bytes + needed > self.most_bytes
        is_usual = len(names) == len(sends) <= self._room and names.isdisjoint(self._names)
        if is_too_large or not is_usual:
            return False
        self._most_now = min(self._most_now or self.size.size, self._most_items_now)
        self._items += items
        self._names |= names
        self._bytes += needed
        return True

    def add(self, send: Send) -> Batch | None:
        """Add an item; return the batch that it completes, or that has no space for it."""
        item, _, known = send
        name = item.key.external_id
        # One byte for the comma between two items.
        needed = len(item.body) + 1
        most = self._most_items_now
        if known is not None and known.failed_batch_size:
            # Continue the bisection of a failed job where an earlier run stopped.
            most = max(known.failed_batch_size // 2, 1)
        full = self.rest() if self._items and self._is_full_for(name, needed, most) else None
        self._most_now = min(self._most_now or most, most)
        self._items.append(item)
        self._names.add(name)
        if known is not None:
            self._note(item, known)
        self._bytes += needed
        if full is None and len(self._items) >= self._most_now:
            full = self.rest()
        return full

    def _is_full_for(self, name: str, needed: int, most: int) -> bool:
        is_too_large = self.envelope_bytes + self._bytes + needed > self.most_bytes
        # Answers name items by externalId, so a request must not hold the same one of two systems.
        return is_too_large or len(self._items) >= most or name in self._names

    def _note(self, item: Item, known: KnownItem) -> None:
        # The server may hold nothing of an item that was only ever refused, or lost.
        is_maybe_held = known.media_id is not None or known.state not in NOTHING_HELD
        if is_maybe_held and known.field_hashes:
            self._marks[item.key] = known.field_hashes
        if known.media_id is not None:
            self._existing.add(item.key)
        if known.lost_field_hashes:
            self._lost_field_hashes[item.key] = known.lost_field_hashes
        # A lost request is evidence for this content only if it sent the same content.
        if known.state is State.LOST and known.checksum == item.checksum:
            if known.lost_since is not None:
                self._unconfirmed[item.key] = known.lost_since
            if known.failed_batch_size == 1:
                self._suspects.add(item.key)

    def rest(self) -> Batch | None:
        """Return the remaining items as a batch, `None` if there are none."""
        if not self._items:
            return None
        batch = Batch(
            tuple(self._items),
            frozenset(self._existing),
            self._unconfirmed,
            self._marks,
            frozenset(self._suspects),
            self._lost_field_hashes,
        )
        self._items, self._names, self._existing = [], set(), set()
        self._unconfirmed, self._suspects, self._marks, self._lost_field_hashes = {}, set(), {}, {}
        self._bytes = self._most_now = 0
        return batch

    def halve(self) -> None:
        """Halve the request size from now on, because the server refused a request as too large."""
        self.most_bytes = max(self.most_bytes // 2, self.envelope_bytes + SMALLEST_BYTES)


def body_of(items: Sequence[Item], envelope: tuple[bytes, bytes]) -> bytes:
    """Return a request body: the items as JSON between head and tail of the envelope."""
    head, tail = envelope
    # One copy of the whole, which may have megabytes.
    parts = [item.body for item in items] or [b""]
    parts[0] = head + parts[0]
    parts[-1] += tail
    return b",".join(parts)


def size_of(items: Sequence[Item], envelope: tuple[bytes, bytes]) -> int:
    """Return the number of bytes of `body_of`."""
    commas = max(len(items) - 1, 0)
    return sum([len(item.body) for item in items]) + commas + sum(map(len, envelope))
