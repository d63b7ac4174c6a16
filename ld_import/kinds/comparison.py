"""Compares an entry on the server with sent content, property by property.

The sent content is known by its field hashes (`marks` in the ledger). The item itself, where it is
at hand, adds the sent values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from ld_import.kinds.field_hashes import (
    NAME_BYTES,
    TRIED,
    field_hash,
    fields_of,
    hashes_in,
    name_hash,
)
from ld_import.kinds.number_forms import hashes_in_all_forms
from ld_import.kinds.patches import is_same
from ld_import.kinds.proof import NOT_CONTENT, TITLE, has_different_title, shown_fields
from ld_import.model import ItemKey

NULL = crc32(b"null").to_bytes(4, "big")[1:]


class Difference(NamedTuple):
    """A sent property that an entry does not have with the sent value.

    - `name` is its dotted path, such as `metadata.title`; empty if only its hash is known.
    - `name_hash` is the hash of the name, by which `FieldNames` may find the name later.
    - `is_missing`: the entry does not have the property; its value may never have been stored.
    - `held` is the value in the entry.
    - `sent` is the sent value, known only if `has_sent`.
    """

    name: str
    name_hash: bytes
    is_missing: bool
    held: Any = None
    sent: Any = None
    has_sent: bool = False


class FieldNames:
    """Names of properties by their hashes, collected from entries and items."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Begin with these names."""
        self._names = {name_hash(name): name for name in names}

    def learn(self, fields: Iterable[tuple[str, Any]]) -> None:
        """Add the names of these fields."""
        self._names |= {name_hash(name): name for name, _ in fields}

    def name_of(self, hashed: bytes) -> str:
        """Return the name with this hash; empty if it is not known."""
        return self._names.get(hashed, "")

    def all(self) -> list[str]:
        """Return the names, in the order they were met."""
        return list(self._names.values())


def is_entry_of_item(entry: dict[str, Any], key: ItemKey) -> bool:
    """Return whether an entry has the identity of an item.

    That is its pair, or the own id of an item without an externalId, which is its key as well.
    """
    external_id = entry.get("externalId")
    if external_id is None:
        return bool(entry.get("id") == key.external_id)
    return (entry.get("systemName") or "", external_id) == key


def differences(
    marks: bytes, entry: dict[str, Any], *, body: bytes | None = None
) -> list[Difference]:
    """Return the properties of sent content that an entry does not have, in the order of the names.

    `marks` are the field hashes of the content that the server is expected to hold. `body` is the
    item; of its values only those count whose hash is among `marks`, because the manifest may have
    changed since. Additional properties of the entry are ignored, an absent property equals null,
    and 35 equals 35.0.
    """
    shown = {name_hash(name): (name, value) for name, value in shown_fields(entry)}
    sent = {} if body is None else sent_values(marks, body)
    found = [
        difference
        for part in hashes_in(marks) - {field_hash(TRIED, None)}
        if part[:NAME_BYTES] not in NOT_CONTENT
        and (difference := _difference(part, shown, sent)) is not None
    ]
    if has_different_title(hashes_in(marks), entry):
        title = entry["metadata"]["title"]
        found.append(Difference(TITLE, name_hash(TITLE), is_missing=False, held=title))
    return sorted(found, key=lambda difference: (difference.name, difference.name_hash))


def _difference(
    part: bytes, shown: dict[bytes, tuple[str, Any]], sent: dict[bytes, tuple[str, Any]]
) -> Difference | None:
    hashed = part[:NAME_BYTES]
    name, value = sent.get(hashed, ("", None))
    has_sent = hashed in sent
    if hashed not in shown:
        if part[NAME_BYTES:] == NULL:
            return None
        return Difference(name, hashed, is_missing=True, sent=value, has_sent=has_sent)
    name, held = shown[hashed]
    if part in hashes_in_all_forms(name, held) or (has_sent and is_same(held, value)):
        return None
    return Difference(
        name, hashed, is_missing=held is None, held=held, sent=value, has_sent=has_sent
    )


def sent_values(marks: bytes, body: bytes) -> dict[bytes, tuple[str, Any]]:
    """Return name and value of the fields of an item that were sent, by the hash of the name.

    A field whose hash is not among `marks` was sent with another value, or not at all.
    """
    known = hashes_in(marks)
    return {
        name_hash(name): (name, value)
        for name, value in fields_of(orjson.loads(body))
        if field_hash(name, value) in known
    }
