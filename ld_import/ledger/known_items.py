"""The rows of items: found by their keys, and queries over the items of a target."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from ld_import.ledger.row_validation import known_item_from
from ld_import.ledger.sql import (
    COUNT_MEDIA,
    FIND_ITEMS,
    FIND_ROWS,
    OTHER_CONTENT,
    SHARED_MEDIA,
    padded,
    placeholders,
)
from ld_import.model import ItemKey, KnownItem


class KnownItems:
    """The items of one target, read through `db`."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read nothing yet."""
        self._db = db
        self._target_id = target_id

    def highest_row(self) -> int:
        """Return the highest row number of the items of any target, 0 for an empty ledger."""
        return int(self._db.execute("SELECT max(item_id) FROM item").fetchone()[0] or 0)

    def find(self, keys: Sequence[ItemKey]) -> dict[ItemKey, KnownItem]:
        """Return the items with these keys; unknown keys are omitted."""
        items: dict[ItemKey, KnownItem] = {}
        for system_name, external_ids in by_system(keys).items():
            names = padded(external_ids)
            rows = self._db.execute(
                FIND_ITEMS.format(placeholders(names)),
                (self._target_id, system_name, *names),
            )
            for external_id, *columns in rows:
                items[ItemKey(system_name, external_id)] = known_item_from(columns)
        return items

    def rows_of(self, keys: Sequence[ItemKey]) -> dict[ItemKey, int]:
        """Return the row numbers of the items with these keys; unknown keys are omitted."""
        row_numbers: dict[ItemKey, int] = {}
        for system_name, external_ids in by_system(keys).items():
            names = padded(external_ids)
            rows = self._db.execute(
                FIND_ROWS.format(placeholders(names)),
                (self._target_id, system_name, *names),
            )
            row_numbers.update((ItemKey(system_name, name), row) for name, row in rows)
        return row_numbers

    def rows_of_other_content(self) -> frozenset[int]:
        """Return the rows of skipped items whose content the server is not known to hold."""
        rows = self._db.execute(OTHER_CONTENT, (self._target_id,))
        return frozenset(row for (row,) in rows)

    def shared_media(self, *, after_batch_id: int) -> list[tuple[str, int, str]]:
        """Return the media ids that several of the items sent after a batch have in common."""
        count, distinct_count = self._db.execute(COUNT_MEDIA, (after_batch_id,)).fetchone()
        if count == distinct_count:
            return []
        return list(self._db.execute(SHARED_MEDIA, (after_batch_id,)))


def by_system(keys: Iterable[ItemKey]) -> dict[str, list[str]]:
    """Return the externalIds of keys by systemName."""
    external_ids: dict[str, list[str]] = {}
    for key in keys:
        external_ids.setdefault(key.system_name, []).append(key.external_id)
    return external_ids
