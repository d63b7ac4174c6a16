"""Items of entries that are checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ld_import.kinds.hash_columns import hashes_from_all
from ld_import.model import Entry, Invalid, Item


def items_one_by_one(
    item_from: Callable[[Entry, bytes], Item | Invalid],
    entries: Iterable[Entry],
    record_digests: Iterable[bytes],
    *,
    hashes_fields: bool,
) -> list[Item | Invalid]:
    """Return what `item_from` makes of each entry and its digest.

    With `hashes_fields` the items get their `field_hashes`.
    """
    items = [item_from(*row) for row in zip(entries, record_digests, strict=True)]
    if not hashes_fields:
        return items
    hashes = iter(hashes_from_all([item.body for item in items if isinstance(item, Item)]))
    return [
        item._replace(field_hashes=next(hashes)) if isinstance(item, Item) else item
        for item in items
    ]
