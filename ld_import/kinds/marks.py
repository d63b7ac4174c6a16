"""Short marks of an entry's fields, so that the ledger can tell which of them changed.

Six bytes a field (three for its name, three for its value): too few to prove that something is
equal, which the checksum does, and enough to name what differs.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import orjson

MARK_BYTES = 6
REMOVED = "(a field was removed)"


def marks_from(body: bytes) -> bytes:
    """Return the marks of an item's body: top-level fields, and those of objects one level down."""
    return b"".join([_mark(name, value) for name, value in _fields(orjson.loads(body))])


def changed_fields(marks: bytes, body: bytes) -> list[str]:
    """Name the fields of `body` that differ from those `marks` were made of."""
    before = _parts(marks)
    now = {_mark(name, value): name for name, value in _fields(orjson.loads(body))}
    names = {mark[:3] for mark in now}
    changed = [name for mark, name in now.items() if mark not in before]
    return changed + [REMOVED] * any(mark[:3] not in names for mark in before)


def is_marked(marks: bytes, name: str, value: Any) -> bool:
    """Tell whether a field had this value when the marks were made."""
    return _mark(name, value) in _parts(marks)


def is_name_marked(marks: bytes, name: str) -> bool:
    """Tell whether a field was there when the marks were made."""
    return any(mark.startswith(_short(name.encode())) for mark in _parts(marks))


def contradicts(marks: bytes, entry: dict[str, Any]) -> bool:
    """Tell whether an entry holds another value of a metadata property than the marks are of."""
    metadata = entry.get("metadata")
    return any(
        is_name_marked(marks, f"metadata.{name}") and not is_marked(marks, f"metadata.{name}", one)
        for name, one in (metadata.items() if isinstance(metadata, dict) else ())
    )


def _parts(marks: bytes) -> set[bytes]:
    return {marks[at : at + MARK_BYTES] for at in range(0, len(marks), MARK_BYTES)}


def _fields(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    fields: list[tuple[str, Any]] = []
    for name, value in entry.items():
        if type(value) is dict:
            fields += [(f"{name}.{inner}", one) for inner, one in value.items()]
        else:
            fields.append((name, value))
    return fields


def _mark(name: str, value: Any) -> bytes:
    # One for each field of each item that is sent: both halves are made in one go.
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    both = (crc32(name.encode()) & 0xFFFFFF) << 24 | crc32(text) & 0xFFFFFF
    return both.to_bytes(MARK_BYTES, "big")


def _short(text: bytes) -> bytes:
    return crc32(text).to_bytes(4, "big")[1:]
