"""Decides about records as the planner does with an empty ledger, without a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ld_import.ledger.base import Seen
from ld_import.model import Invalid, Item, Leave, Record
from ld_import.pipeline.planning.compare import repeated
from ld_import.pipeline.planning.items import ItemReader


def first_plan(
    records: Iterable[Record], reader: ItemReader, seen: Seen, largest_bytes: int
) -> Iterator[Item | Leave | Invalid]:
    """Yield one decision for each record: the item if a first import would send it.

    The record digests of the items are empty: no ledger gets them.
    """
    for record in records:
        item = reader.item_from(record, b"", largest_bytes)
        if isinstance(item, Invalid):
            yield item
            continue
        earlier = seen.put(item.key, item.line, item.checksum)
        yield item if earlier is None else repeated(item, *earlier)
