"""Short marks of an entry's fields, so that the ledger can tell which of them changed.

Six bytes a field (three for its name, three for its value): too few to prove that something is
equal, which the checksum does, and enough to name what differs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from zlib import crc32

import orjson

NAME_BYTES = 3
HASH_BYTES = 6
REMOVED = "(a field was removed)"
# Not a field: among the marks of what a server holds it says that a PATCH was tried.
TRIED = "(a patch was tried)"


def hashes_from(body: bytes) -> bytes:
    """Return the marks of an item's body: top-level fields, and those of objects one level down."""
    return b"".join([field_hash(name, value) for name, value in fields_of(orjson.loads(body))])


def changed_fields(marks: bytes, body: bytes) -> list[str]:
    """Name the fields of `body` that differ from those `marks` were made of."""
    before = hashes_in(marks) - {field_hash(TRIED, None)}
    now = {field_hash(name, value): name for name, value in fields_of(orjson.loads(body))}
    names = {mark[:NAME_BYTES] for mark in now}
    changed = [name for mark, name in now.items() if mark not in before]
    return changed + [REMOVED] * any(mark[:NAME_BYTES] not in names for mark in before)


def has_value(marks: bytes, name: str, value: Any) -> bool:
    """Tell whether a field had this value when the marks were made."""
    return field_hash(name, value) in hashes_in(marks)


def has_field(marks: bytes, name: str) -> bool:
    """Tell whether a field was there when the marks were made."""
    return any(mark.startswith(name_hash(name)) for mark in hashes_in(marks))


def hashes_after_patch(marks: bytes, before: bytes, names: Collection[str]) -> bytes:
    """Return the marks of an entry that was patched to `marks`, except the fields of these names.

    Those are as they were before the patch, or are not there where that is not known.
    """
    named = tuple(map(name_hash, names))
    kept = [part for part in sorted(hashes_in(marks)) if not part.startswith(named)]
    left = [part for part in sorted(hashes_in(before)) if part.startswith(named)]
    return b"".join([*kept, *left, field_hash(TRIED, None)])


def hashes_without_tried(marks: bytes) -> bytes:
    """Return the marks without what says that a PATCH was tried."""
    return b"".join(sorted(hashes_in(marks) - {field_hash(TRIED, None)}))


def hashes_in(marks: bytes) -> set[bytes]:
    """Return the single marks."""
    return {marks[at : at + HASH_BYTES] for at in range(0, len(marks), HASH_BYTES)}


def field_hash(name: str, value: Any) -> bytes:
    """Return the mark of one field with this value."""
    # One for each field of each item that is sent: both halves are made in one go.
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # A server may nest deeper than anything that was sent: equal to no other value.
        text = b""
    both = (crc32(name.encode()) & 0xFFFFFF) << 24 | crc32(text) & 0xFFFFFF
    return both.to_bytes(HASH_BYTES, "big")


def name_hash(name: str) -> bytes:
    """Return the beginning that all marks of fields of this name have."""
    return crc32(name.encode()).to_bytes(4, "big")[1:]


def fields_of(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the fields that get a mark, with their values."""
    fields: list[tuple[str, Any]] = []
    for name, value in entry.items():
        if type(value) is dict:
            fields += [(f"{name}.{inner}", one) for inner, one in value.items()]
        else:
            fields.append((name, value))
    return fields
