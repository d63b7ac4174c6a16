"""Imported items whose stored file the ledger does not know completely."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ld_import.model import ItemKey, MediaFacts, State

IMPORTED = (State.SUCCESS, State.SKIPPED)
# Only images and videos have pixels, and only videos a duration. A type that is unknown is missing
# itself.
PICTURE, VIDEO = ("image/", "video/"), ("video/",)
TYPES = {"width": PICTURE, "height": PICTURE, "duration": VIDEO}

ITEMS = """
FROM item NOT INDEXED CROSS JOIN system USING (system_id)
LEFT JOIN media ON media.item_id = item.item_id
LEFT JOIN mime_type USING (mime_type_id)
WHERE item.target_id = ? AND item.item_id > ? AND item.media_id IS NOT NULL
"""
COUNT = f"SELECT count(*) {ITEMS}"
SELECT = f"""
SELECT item.item_id, system.system_name, item.external_id, item.media_id, media.original_url,
  mime_type.mime_type, media.width, media.height, media.duration, media.size, media.key {ITEMS}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaNeed:
    """The facts that items need, as names of `MediaFacts`, and which items.

    `system_name` is `None` for every systemName.
    """

    facts: tuple[str, ...] = MediaFacts._fields
    states: Sequence[str] = IMPORTED
    system_name: str | None = None

    def missing_in(self, facts: MediaFacts) -> tuple[str, ...]:
        """Return the names of the facts that are needed for such a file and not known."""
        return tuple(name for name in self.facts if _is_missing(name, facts))


class IncompleteItem(NamedTuple):
    """An item with its row in the ledger, and the facts known so far."""

    row: int
    key: ItemKey
    media_id: str
    facts: MediaFacts


class IncompleteMedia:
    """Finds the items of one target that lack facts, within the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read through `db`."""
        self._db = db
        self._target_id = target_id

    def count(self, need: MediaNeed) -> int:
        """Return the number of items that lack a fact."""
        condition, values = _condition(need)
        query = f"{COUNT} AND {condition}"
        (count,) = self._db.execute(query, (self._target_id, 0, *values)).fetchone()
        return int(count)

    def after(self, row: int, need: MediaNeed, *, limit: int) -> list[IncompleteItem]:
        """Return the next items after a row that lack a fact, in the order of their rows."""
        condition, values = _condition(need)
        query = f"{SELECT} AND {condition} ORDER BY item.item_id LIMIT ?"
        return [
            IncompleteItem(number, ItemKey(system, external), media_id, MediaFacts(*facts))
            for number, system, external, media_id, *facts in self._db.execute(
                query, (self._target_id, row, *values, limit)
            )
        ]


def _is_missing(name: str, facts: MediaFacts) -> bool:
    types = TYPES.get(name)
    is_for_type = types is None or (facts.mime_type or "").startswith(types)
    return is_for_type and getattr(facts, name) is None


def _condition(need: MediaNeed) -> tuple[str, list[str]]:
    states = [state for state in need.states if state in IMPORTED]
    parts = [
        f"item.state IN ({', '.join('?' * len(states))})",
        f"({' OR '.join(map(_missing_condition, need.facts))})",
    ]
    if need.system_name is None:
        return " AND ".join(parts), states
    return " AND ".join([*parts, "system.system_name = ?"]), [*states, need.system_name]


def _missing_condition(name: str) -> str:
    table = "mime_type" if name == "mime_type" else "media"
    condition = f"{table}.{name} IS NULL"
    if name not in TYPES:
        return condition
    types = " OR ".join(f"mime_type.mime_type GLOB '{start}*'" for start in TYPES[name])
    return f"({condition} AND ({types}))"
