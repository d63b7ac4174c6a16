"""Short hashes of an entry's fields (`marks` in the ledger), to detect which fields changed.

Six bytes per field, three for its name and three for its value: too few to prove equality, which
is what the checksum is for, and enough to name the differences.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any
from zlib import crc32

import orjson

NAME_BYTES = 3
HASH_BYTES = 6
REMOVED = "(a field was removed)"
# Not a field: among the marks of an entry on the server it means that a PATCH was tried.
TRIED = "(a patch was tried)"


def hashes_from(body: bytes) -> bytes:
    """Return the hashes of a body's top-level fields, and of fields of objects one level down."""
    return hashes_of(orjson.loads(body))


def hashes_of(entry: dict[str, Any]) -> bytes:
    """Return the hashes of the fields of an entry, as `hashes_from` does for its body."""
    return b"".join([field_hash(name, value) for name, value in fields_of(entry)])


def changed_fields(marks: bytes, body: bytes) -> list[str]:
    """Return the names of the fields of `body` that differ from the hashed fields."""
    before = hashes_in(marks) - {field_hash(TRIED, None)}
    now = {field_hash(name, value): name for name, value in fields_of(orjson.loads(body))}
    names = {mark[:NAME_BYTES] for mark in now}
    changed = [name for mark, name in now.items() if mark not in before]
    return changed + [REMOVED] * any(mark[:NAME_BYTES] not in names for mark in before)


def has_value(marks: bytes, name: str, value: Any) -> bool:
    """Return whether the hashed entry had a field with this value."""
    return field_hash(name, value) in hashes_in(marks)


def has_field(marks: bytes, name: str) -> bool:
    """Return whether the hashed entry had a field of this name."""
    return any(mark.startswith(name_hash(name)) for mark in hashes_in(marks))


def hashes_after_patch(marks: bytes, before: bytes, names: Collection[str]) -> bytes:
    """Return the hashes of an entry after a PATCH to `marks` that left the named fields unchanged.

    The named fields keep their hashes of `before`, and have none if those are unknown.
    """
    prefixes = tuple(map(name_hash, names))
    patched = [part for part in sorted(hashes_in(marks)) if not part.startswith(prefixes)]
    unchanged = [part for part in sorted(hashes_in(before)) if part.startswith(prefixes)]
    return b"".join([*patched, *unchanged, field_hash(TRIED, None)])


def hashes_without_tried(marks: bytes) -> bytes:
    """Return the hashes without the one that records a tried PATCH."""
    return b"".join(sorted(hashes_in(marks) - {field_hash(TRIED, None)}))


def hashes_in(marks: bytes) -> set[bytes]:
    """Return the hashes of single fields."""
    return {marks[at : at + HASH_BYTES] for at in range(0, len(marks), HASH_BYTES)}


def field_hash(name: str, value: Any) -> bytes:
    """Return the hash of one field with this value."""
    # Called for each field of each item: one conversion to bytes makes both halves.
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # A value of the server may be nested deeper than any sent value; it equals none of them.
        text = b""
    return (_name_part(name) | crc32(text) & 0xFFFFFF).to_bytes(HASH_BYTES, "big")


# The items of a manifest have the same names.
@lru_cache(maxsize=1000)
def _name_part(name: str) -> int:
    return (crc32(name.encode()) & 0xFFFFFF) << 24


def name_hash(name: str) -> bytes:
    """Return the prefix of all hashes of fields of this name."""
    return crc32(name.encode()).to_bytes(4, "big")[1:]


def fields_of(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the names and values of the fields to hash."""
    fields: list[tuple[str, Any]] = []
    for name, value in entry.items():
        if type(value) is dict:
            fields += [(f"{name}.{inner}", inner_value) for inner, inner_value in value.items()]
        else:
            fields.append((name, value))
    return fields
