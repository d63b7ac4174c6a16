"""The comparison of a record with the entry that the server has under its pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ld_import.kinds.comparison import differences
from ld_import.kinds.field_hashes import hashes_from
from ld_import.kinds.media_library import derived_id
from ld_import.model import Item

SHOWN_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """An entry, `None` if there is none, and the names of the properties in which it differs."""

    entry: dict[str, Any] | None
    different: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The result: `missing`, `different` or `adopted`."""
        if self.entry is None:
            return "missing"
        return "different" if self.different else "adopted"

    @property
    def media_id(self) -> str | None:
        """The id of the entry."""
        return None if self.entry is None else self.entry.get("id")

    @property
    def shown_fields(self) -> str:
        """The names of the first properties that differ."""
        more = len(self.different) - SHOWN_FIELDS
        shown = ", ".join(self.different[:SHOWN_FIELDS])
        return f"{shown} and {more} more" if more > 0 else shown


def compared(item: Item, entry: dict[str, Any] | None) -> Comparison:
    """Compare everything of an item that entries show."""
    if entry is None:
        return Comparison(None)
    marks = item.field_hashes or hashes_from(item.body)
    found = differences(marks, entry, body=item.body)
    names = [difference.name for difference in found]
    if _has_other_id(item, entry):
        names.append("id")
    return Comparison(entry, tuple(names))


def _has_other_id(item: Item, entry: dict[str, Any]) -> bool:
    """Return whether the id of an entry is unusable, or not the one that the manifest gives."""
    held = entry.get("id")
    if not isinstance(held, str):
        return True
    sent = orjson.loads(item.body)
    given = sent.get("id")
    is_own = "asset" in sent and given is not None and given != derived_id(item.key)
    return is_own and given != held
