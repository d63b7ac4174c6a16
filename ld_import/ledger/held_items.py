"""The items that the server has according to the ledger, with the content it should hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ld_import.ledger.row_validation import held_item_from
from ld_import.ledger.sql import unix_seconds
from ld_import.model import HeldItem

# An item that failed or is unknown keeps the mediaId of an earlier success. The `+` makes SQLite
# read the rows in their order, instead of sorting all rows of the target for each part.
IS_HELD = """
+item.target_id = :target_id AND (:system_name IS NULL OR system_name = :system_name)
AND (item.media_id IS NOT NULL OR item.state IN ('success', 'skipped'))
"""
COLUMNS = (
    "item_id, system_name, item.external_id, item.state, item.media_id, item.line, marks,"
    " marks_held"
)
ITEMS = "item CROSS JOIN system USING (system_id)"
COUNT = f"SELECT count(*) FROM {ITEMS} WHERE {IS_HELD}"
COUNT_ALL = f"""
SELECT count(*) FROM {ITEMS}
WHERE target_id = :target_id AND (:system_name IS NULL OR system_name = :system_name)
"""
ROWS = f"SELECT item_id FROM {ITEMS} WHERE {IS_HELD} ORDER BY item_id"
AFTER = (
    f"SELECT {COLUMNS} FROM {ITEMS} WHERE item_id > :row AND {IS_HELD} ORDER BY item_id LIMIT :most"
)
IN_ROWS = f"SELECT {COLUMNS} FROM {ITEMS} WHERE item_id IN ({{}}) ORDER BY item_id"
# The last batches first, by the index of batches: items have none by time.
NEWEST = f"""
SELECT {COLUMNS} FROM batch CROSS JOIN item USING (batch_id) CROSS JOIN system USING (system_id)
WHERE batch.target_id = :target_id AND (:until IS NULL OR batch.created_at <= :until)
  AND item.state = 'success' AND item.media_id IS NOT NULL
ORDER BY batch.created_at DESC LIMIT :most
"""


class HeldItems:
    """The items of one target that have an entry on the server, read through `db`."""

    def __init__(self, db: sqlite3.Connection, target_id: int) -> None:
        """Read nothing yet."""
        self._db = db
        self._target_id = target_id

    def count(self, system_name: str | None) -> int:
        """Return the number of items, of all systemNames without one."""
        return int(self._db.execute(COUNT, self._values(system_name)).fetchone()[0])

    def other_count(self, system_name: str | None) -> int:
        """Return the number of items that were never imported, because they failed."""
        (total,) = self._db.execute(COUNT_ALL, self._values(system_name)).fetchone()
        return int(total) - self.count(system_name)

    def rows(self, system_name: str | None) -> Iterator[int]:
        """Yield the row numbers of the items, in ascending order."""
        for (row,) in self._db.execute(ROWS, self._values(system_name)):
            yield int(row)

    def after(self, row: int, most: int, system_name: str | None) -> list[HeldItem]:
        """Return the first items after a row."""
        values = {**self._values(system_name), "row": row, "most": most}
        return [held_item_from(columns) for columns in self._db.execute(AFTER, values)]

    def in_rows(self, rows: Sequence[int]) -> list[HeldItem]:
        """Return the items in these rows."""
        # Whole numbers: as many parameters are not allowed in every build of SQLite.
        query = IN_ROWS.format(", ".join(str(int(row)) for row in rows))
        return [held_item_from(columns) for columns in self._db.execute(query)]

    def newest(self, most: int, until: datetime | None) -> list[HeldItem]:
        """Return the successes sent last, up to a time if one is given."""
        until_seconds = None if until is None else unix_seconds(until)
        values = {"target_id": self._target_id, "most": most, "until": until_seconds}
        return [held_item_from(columns) for columns in self._db.execute(NEWEST, values)]

    def _values(self, system_name: str | None) -> dict[str, Any]:
        return {"target_id": self._target_id, "system_name": system_name}
