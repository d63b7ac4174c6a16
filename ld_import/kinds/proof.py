"""Evidence in a media library entry: which sent properties it has, and when it was written.

Properties are compared by their hashes, because of a batch of an earlier run only those are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from ld_import.kinds.field_hashes import NAME_BYTES, field_hash, fields_of, hashes_in, name_hash
from ld_import.kinds.number_forms import hashes_in_all_forms

# The look-up compares the pair, and the server copies the file at `url` to its own storage.
# `fileName` is compared if the entry contains it.
# No entry contains the file that was uploaded for it.
NOT_CONTENT = frozenset(
    map(
        name_hash,
        ("id", "externalId", "systemName", "url", "fileName", "file", "sha256"),
    )
)
# Fields that no entry contains: only the ledger knows whether they changed.
HIDDEN = ("url", "fileName")
# The server may derive the title of an entry from `fileName`.
TITLE = "metadata.title"


def holds_content(marks: bytes, entry: dict[str, Any]) -> bool:
    """Return whether the entry has every hashed property with an equal value.

    Additional properties of the entry are ignored, and 35 equals 35.0. False if `marks` is empty.
    """
    sent = hashes_in(marks)
    shown = {field_hash(name, value) for name, value in shown_fields(entry)}
    missing = {part for part in sent - shown if part[:NAME_BYTES] not in NOT_CONTENT}
    if missing:
        missing -= {
            form for name, value in shown_fields(entry) for form in hashes_in_all_forms(name, value)
        }
    return bool(sent) and not missing and not has_different_title(sent, entry)


def differing_fields(body: bytes, entry: dict[str, Any]) -> list[str]:
    """Return the names of the sent properties that the entry does not have, in sent order."""
    shown = {field_hash(name, value) for name, value in shown_fields(entry)}
    return [
        name
        for name, value in fields_of(orjson.loads(body))
        if field_hash(name, value) not in shown and name_hash(name) not in NOT_CONTENT
    ]


def hidden_changes(marks: bytes, held: bytes) -> list[str]:
    """Return the names of HIDDEN fields that differ between `marks` and `held`.

    `held` are the hashes of the content that the server accepted last, empty if unknown.
    """
    sent, before = hashes_in(marks), hashes_in(held)
    return [
        name
        for name in HIDDEN
        if (was := _named(name, before)) and (now := _named(name, sent)) and not now & was
    ]


def with_shown(held: bytes, marks: bytes) -> bytes:
    """Return the hashes `held`, and those of `marks` for fields that entries contain.

    For an entry that has the content of `marks`: then each of the values is one that was sent.
    """
    shown = {part for part in hashes_in(marks) if part[:NAME_BYTES] not in NOT_CONTENT}
    return b"".join(sorted(hashes_in(held) | shown))


def removed_fields(marks: bytes, held: bytes, entry: dict[str, Any]) -> list[str]:
    """Return the names of metadata of the entry that was sent before and is not sent now."""
    now = {part[:NAME_BYTES] for part in hashes_in(marks)}
    before = {part[:NAME_BYTES] for part in hashes_in(held)} - now
    metadata = entry.get("metadata")
    names = [f"metadata.{name}" for name in metadata] if isinstance(metadata, dict) else []
    return [name for name in names if name_hash(name) in before]


def unsent_metadata(marks: bytes, entry: dict[str, Any]) -> list[str]:
    """Return the names of metadata of the entry that was not sent, without a derived title."""
    sent = {part[:NAME_BYTES] for part in hashes_in(marks)}
    metadata = entry.get("metadata")
    names = [f"metadata.{name}" for name in metadata] if isinstance(metadata, dict) else []
    return [name for name in names if name != TITLE and name_hash(name) not in sent]


def is_what_was_sent(marks: bytes, entry: dict[str, Any]) -> bool:
    """Return whether an entry has the sent content, and the sent id if one was sent.

    Asynchronous kinds send the externalId as `id`, the media library the entry's own id.
    """
    ids = {field_hash("id", entry.get(name)) for name in ("id", "externalId")}
    sent = _named("id", hashes_in(marks))
    return holds_content(marks, entry) and sent <= ids


def id_alone(body: bytes) -> str | None:
    """Return the own id of an entry without a pair, which is its only identity.

    In items without an asset, `id` is the externalId.
    """
    fields = orjson.loads(body)
    own_id = fields.get("id")
    is_alone = "asset" in fields and "externalId" not in fields
    return own_id if is_alone and isinstance(own_id, str) else None


def has_other_title(item: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Return whether an entry has a title that differs from the `fileName` of an item.

    False if the item's metadata contains a title, or the entry has none.
    """
    sent, held = item.get("metadata"), entry.get("metadata")
    title = held.get("title") if isinstance(held, dict) else None
    is_sent = isinstance(sent, dict) and "title" in sent
    return title is not None and not is_sent and title != item.get("fileName", title)


def created_at(entry: dict[str, Any]) -> datetime | None:
    """Return when the entry was created, by the server's clock, if known."""
    return _moment(entry.get("createdAt"))


def written_at(entry: dict[str, Any]) -> datetime | None:
    """Return when the entry was created or last changed, by the server's clock, if known."""
    times = (_moment(entry.get(name)) for name in ("createdAt", "updatedAt"))
    return max((time for time in times if time), default=None)


def shown_fields(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the properties of an entry that correspond to sent fields, by dotted path."""
    for outer in ("metadata", "asset"):
        held = entry.get(outer)
        if isinstance(held, dict):
            yield from ((f"{outer}.{name}", value) for name, value in held.items())
    yield "translations", entry.get("translations") or []
    yield "mediaType", entry.get("mediaType")


def has_different_title(sent: set[bytes], entry: dict[str, Any]) -> bool:
    """Return whether an entry has a title other than the hashed `fileName`, if none was sent."""
    metadata = entry.get("metadata")
    title = metadata.get("title") if isinstance(metadata, dict) else None
    if title is None or _named(TITLE, sent) or not _named("fileName", sent):
        return False
    return field_hash("fileName", title) not in sent


def _named(name: str, parts: set[bytes]) -> set[bytes]:
    return {part for part in parts if part[:NAME_BYTES] == name_hash(name)}


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
