"""The judgement of one item: the entry on the server against what the ledger knows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ld_import.kinds.base import short_json
from ld_import.kinds.comparison import Difference, FieldNames, differences, is_entry_of_item
from ld_import.kinds.proof import shown_fields
from ld_import.model import HeldItem
from ld_import.verification.mismatch import Mismatch, MismatchKind, Property
from ld_import.wording import amount, shorten

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result for one item.

    `is_compared`: the ledger knows the content. `keeps_other`: the import left other content as it
    was, and it still is; that is not a mismatch. `entry` is that of the item, if it was found.
    """

    mismatch: Mismatch | None = None
    is_compared: bool = False
    keeps_other: bool = False
    entry: Entry | None = None


@dataclass(slots=True)
class Judge:
    """Judges items, and collects the names of properties; `redact` removes secrets from values."""

    redact: Callable[[str], str]
    names: FieldNames = field(default_factory=FieldNames)

    def found(self, item: HeldItem, entry: Entry) -> Judgement:
        """Judge an item by the entry that has its media id, or its pair if that is not known."""
        self.names.learn(shown_fields(entry))
        if not is_entry_of_item(entry, item.key):
            return Judgement(_foreign_id(item, entry))
        if not item.field_hashes:
            return Judgement(entry=entry)
        found = differences(item.field_hashes, entry)
        if item.keeps_other or not found:
            return Judgement(is_compared=True, keeps_other=bool(found), entry=entry)
        return Judgement(self._different(item, found), is_compared=True, entry=entry)

    def absent(self, item: HeldItem, other: Entry | None, *, is_looked_up: bool) -> Judgement:
        """Judge an item whose media id the server does not know.

        `other` is the entry with its pair, if there is one and it was looked up.
        """
        if other is not None:
            text = f"its externalId belongs to {_named_entry(other)}"
            return Judgement(_mismatch(MismatchKind.FOREIGN, item, text))
        text = "the server returns no entry for its media id"
        text += " nor for its externalId" if is_looked_up else ""
        return Judgement(_mismatch(MismatchKind.MISSING, item, text))

    def _different(self, item: HeldItem, found: list[Difference]) -> Mismatch:
        properties = tuple(self.property_of(difference) for difference in found)
        text = f"{amount(len(properties), 'property')} with another value than was sent"
        return _mismatch(MismatchKind.DIFFERENT, item, text, properties)

    def property_of(self, difference: Difference) -> Property:
        """Return a difference in the form that is stored."""
        held = None if difference.is_missing else self.shown(difference.held)
        return Property(
            difference.name or self.names.name_of(difference.name_hash),
            difference.name_hash.hex(),
            difference.is_missing,
            held,
            self.shown(difference.sent) if difference.has_sent else None,
        )

    def shown(self, value: Any) -> str:
        """Return a value as JSON for a message, without secrets."""
        return self.redact(short_json(value))


def _foreign_id(item: HeldItem, entry: Entry) -> Mismatch:
    system_name, external_id = entry.get("systemName"), entry.get("externalId")
    pair = shorten(f"{system_name} {external_id}")
    other = pair if external_id is not None else "no externalId"
    text = f"its media id belongs to the entry of {other}"
    return _mismatch(MismatchKind.FOREIGN, item, text)


def _named_entry(entry: Entry) -> str:
    media_id = entry.get("id")
    return f"the entry {media_id}" if media_id else "another entry"


def _mismatch(
    kind: MismatchKind, item: HeldItem, text: str, properties: tuple[Property, ...] = ()
) -> Mismatch:
    return Mismatch(kind, item.key, text, item.media_id, item.line, properties)
