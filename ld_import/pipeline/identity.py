"""A guard: other ids for items the server already has would create every one of them twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from ld_import.errors import UsageError
from ld_import.ledger.base import Ledger
from ld_import.model import Identity, ItemKey, KnownItem, Record, State

CHUNK_RECORDS = 256


KeyOf = Callable[[Record], ItemKey | None]


def guard_identity(
    records: Iterable[Record],
    *,
    manifest: str,
    now: Identity,
    keys_under: Callable[[Identity], KeyOf],
    ledger: Ledger,
) -> None:
    """Raise UsageError when the manifest's items would get another identity than the ledger knows.

    Reads the records only when template or systemName differ from those of the last run that sent
    something. Other words for the same ids are no harm and pass.
    """
    before = ledger.identity_of(manifest)
    if before is None or before == now:
        return
    count = _count_doubles(records, keys_under(before), keys_under(now), ledger)
    if not count:
        return
    raise UsageError(
        f"{count:,} {'entry' if count == 1 else 'entries'} would be created twice: {manifest} was"
        f" imported with {_difference(before, now)}",
        hint="go back to what it was, or give --accept-new-ids if twice is what you want",
    )


def _count_doubles(
    records: Iterable[Record], old_key: KeyOf, new_key: KeyOf, ledger: Ledger
) -> int:
    stream = iter(records)
    count = 0
    while chunk := list(islice(stream, CHUNK_RECORDS)):
        pairs = [(old_key(record), new_key(record)) for record in chunk]
        known = ledger.find([key for pair in pairs for key in pair if key is not None])
        count += sum(
            _is_there(known.get(was)) and will not in known
            for was, will in pairs
            if was is not None and will is not None
        )
    return count


def _is_there(known: KnownItem | None) -> bool:
    if known is None:
        return False
    return known.media_id is not None or known.state in (State.SUCCESS, State.SKIPPED)


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
