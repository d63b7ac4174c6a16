"""Detects a changed externalId template or systemName, which would give every item a new id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from ld_import.ledger.base import Ledger
from ld_import.model import DuplicateUrl, Identity, ItemKey, Record
from ld_import.pipeline.planning.compare import is_held
from ld_import.pipeline.planning.double_guard import double_error

CHUNK_RECORDS = 256

# Returns the key and the URL of a record, `None` for an invalid record.
KeyOf = Callable[[Record], tuple[ItemKey, str] | None]


def guard_identity(
    records: Iterable[Record],
    *,
    manifest: str,
    records_file: str | None,
    now: Identity,
    keys_under: Callable[[Identity], KeyOf],
    ledger: Ledger,
) -> None:
    """Raise UsageError if the manifest's items would get other ids than those in the ledger.

    Reads the records only if template or systemName differ from those of the previous run that sent
    items of this manifest; for a manifest without such a run, of the same records file. A template
    that produces the same ids is accepted.
    """
    before, source = ledger.identity_of(manifest), manifest
    if before is None and records_file is not None:
        before, source = ledger.identity_of_file(records_file), records_file
    if before is None or before == now:
        return
    doubles = _doubles(records, keys_under(before), keys_under(now), ledger)
    example = next(doubles, None)
    if example is not None:
        because = f"{source} was imported with {_difference(before, now)}"
        raise double_error(1 + sum(1 for _ in doubles), because, example)


def _doubles(
    records: Iterable[Record], old_key: KeyOf, new_key: KeyOf, ledger: Ledger
) -> Iterator[DuplicateUrl]:
    stream = iter(records)
    while chunk := list(islice(stream, CHUNK_RECORDS)):
        keys = [(old_key(record), new_key(record)) for record in chunk]
        pairs = [(old[0], *new) for old, new in keys if old is not None and new is not None]
        known = ledger.find([key for old, new, _ in pairs for key in (old, new)])
        for old, new, url in pairs:
            if is_held(known.get(old)) and new not in known:
                yield DuplicateUrl(old, new, url)


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
