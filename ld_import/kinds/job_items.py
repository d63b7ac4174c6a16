"""Items of the entries of a job, made together: a column for each of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from ld_import.kinds.base import encode_all
from ld_import.kinds.hash_columns import hashes_of_all
from ld_import.model import Entry, Item, new_item, new_key

# Keeps the first place in a body for the id.
ID_FIRST = {"id": None}


def fields_of_all(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the fields of each entry as they are sent: with its externalId as `id`."""
    return [{**ID_FIRST, **mapped, "id": external_id} for _, external_id, mapped in entries]


def items_of_all(
    entries: Sequence[Entry],
    fields: Sequence[dict[str, Any]],
    system_name: str,
    record_digests: Sequence[bytes],
    *,
    keeps_fields: bool,
    hashes_fields: bool,
) -> list[Item]:
    """Return the items of valid entries, which are sent with these `fields`.

    Raises TypeError for a value that JSON cannot represent.
    """
    lines, external_ids, _ = zip(*entries, strict=True)
    bodies, checksums = encode_all(fields)
    hashes: Iterable[bytes] = hashes_of_all(fields) if hashes_fields else repeat(b"")
    columns = (
        map(new_key, zip(repeat(system_name), external_ids, strict=False)),
        lines,
        bodies,
        checksums,
        record_digests,
        map(itemgetter("url"), fields),
        map(itemgetter("fileName"), fields),
        hashes,
        fields if keeps_fields else repeat(None),
        repeat(""),
        repeat(None),
    )
    return list(map(new_item, zip(*columns, strict=False)))
