"""The interface of a kind, and the checksum and the JSON texts that all kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import orjson

from ld_import.compact_json import compact_json
from ld_import.model import Entry, Invalid, Item, Job

SCHEMA_FOLDER = Path(__file__).with_name("schemas")
SHOWN_VALUE_LENGTH = 60


class Kind(Protocol):
    """One kind of import: the form of its entries and the meaning of its answers."""

    name: str
    path: str
    list_key: str
    # Whether entries have an `id` besides their externalId, and an optional systemName.
    has_own_ids: bool
    # Whether the server counts these items against the quota of 24 hours.
    has_quota: bool

    def item_from(
        self, entry: Entry, system_name: str, record_digest: bytes, *, keeps_fields: bool = False
    ) -> Item | Invalid:
        """Check an entry against the kind's schema; an Invalid lists *every* problem.

        With `keeps_fields` the item has the `fields` that its `body` has.
        """
        ...

    def items_from(
        self,
        entries: Sequence[Entry],
        system_name: str,
        record_digests: Sequence[bytes],
        *,
        keeps_fields: bool = False,
        hashes_fields: bool = False,
    ) -> Sequence[Item | Invalid]:
        """Check entries as `item_from` does; with `hashes_fields` items have `field_hashes`."""
        ...

    def envelope(
        self, system_name: str, *, webhook: str | None, context: Mapping[str, Any] | None
    ) -> tuple[bytes, bytes]:
        """Return the text before and after the comma-joined item bodies of a request."""
        ...

    def submitted_from(self, answer: Any, items: Sequence[Item]) -> Job | None:
        """Return the job of an answer to an import request; `None` if it is not from this API.

        A kind whose import is synchronous returns a finished job without an id.
        """
        ...

    def job_from(self, answer: Any, job_id: str) -> Job | None:
        """Return the job of an answer to a status request; `None` if it is not from this API."""
        ...


def as_text(value: Any) -> str:
    """Return a text of a server unchanged, an empty text for null, and JSON for any other value."""
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else orjson.dumps(value).decode()
    except TypeError:
        return "(too deeply nested)"


def short_json(value: Any) -> str:
    """Return a value as JSON for a message, cut if it is long."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= SHOWN_VALUE_LENGTH else text[: SHOWN_VALUE_LENGTH - 1] + "…"


def encode(fields: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return an entry's compact JSON and its checksum, which ignores the order of keys.

    Raises TypeError for a value that JSON cannot represent.
    """
    canonical = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return compact_json(fields), blake2b(canonical, digest_size=16).digest()


def encode_all(entries: Sequence[Mapping[str, Any]]) -> tuple[list[bytes], list[bytes]]:
    """Return the compact JSON of all entries and their checksums, as `encode` does.

    Raises TypeError for a value that JSON cannot represent.
    """
    dumps, sorting = orjson.dumps, orjson.OPT_SORT_KEYS
    checksums = [
        blake2b(dumps(fields, option=sorting), digest_size=16).digest() for fields in entries
    ]
    # Copies of the exact size, as those of `compact_json`.
    return [b"%b" % dumps(fields) for fields in entries], checksums
