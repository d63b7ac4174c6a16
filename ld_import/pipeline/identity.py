"""A guard: other ids for items the server already has would create every one of them twice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from ld_import.errors import UsageError
from ld_import.ledger.base import Ledger
from ld_import.manifest.mapping import Mapping
from ld_import.model import Entry, Identity, ItemKey, Record

CHUNK_RECORDS = 256


def guard_identity(
    records: Iterable[Record], *, manifest: str, now: Identity, ledger: Ledger
) -> None:
    """Raise UsageError when the manifest's items would get another identity than the ledger knows.

    Reads the records only when template or systemName differ from those of the last run that sent
    something. Other words for the same ids are no harm and pass.
    """
    before = ledger.identity_of(manifest)
    if before is None or before == now:
        return
    count = _count_doubles(records, before, now, ledger)
    if not count:
        return
    raise UsageError(
        f"{count:,} {'entry' if count == 1 else 'entries'} would be created twice: {manifest} was"
        f" imported with {_difference(before, now)}",
        hint="go back to what it was, or give --accept-new-ids if twice is what you want",
    )


def _count_doubles(
    records: Iterable[Record], before: Identity, now: Identity, ledger: Ledger
) -> int:
    old = Mapping(external_id=before.external_id_template, fields=None)
    new = Mapping(external_id=now.external_id_template, fields=None)
    stream = iter(records)
    count = 0
    while chunk := list(islice(stream, CHUNK_RECORDS)):
        pairs = [
            (_key(old, record, before.system_name), _key(new, record, now.system_name))
            for record in chunk
        ]
        known = ledger.find([key for pair in pairs for key in pair if key is not None])
        count += sum(
            was in known and known[was].media_id is not None and will not in known
            for was, will in pairs
            if was is not None and will is not None
        )
    return count


def _key(mapping: Mapping, record: Record, system_name: str) -> ItemKey | None:
    entry = mapping.entry_from(record)
    return ItemKey(system_name, entry.external_id) if isinstance(entry, Entry) else None


def _difference(before: Identity, now: Identity) -> str:
    parts = []
    if before.system_name != now.system_name:
        parts.append(f"systemName {before.system_name!r}, now it is {now.system_name!r}")
    if before.external_id_template != now.external_id_template:
        parts.append(
            f"{_template(before.external_id_template)}, now it is"
            f" {_template(now.external_id_template)}"
        )
    return "; and ".join(parts)


def _template(template: str | None) -> str:
    return f"externalId {template!r}" if template is not None else "the records' own ids"
