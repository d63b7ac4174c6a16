"""The rows of table `media`: the stored files of items, as answers describe them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from ld_import.ledger.numbered_texts import MIME_TYPES, NumberedTexts
from ld_import.ledger.row_groups import execute_for_rows, with_rows
from ld_import.ledger.stored_text import encodable
from ld_import.model import MediaFacts, Outcome, State

# An answer may name only some facts of the file; the others remain while its address is the same.
UPSERT = with_rows(
    """
INSERT INTO media (item_id, original_url, mime_type_id, width, height, duration, size, key)
VALUES {{rows}}
ON CONFLICT (item_id) DO UPDATE SET
  mime_type_id = coalesce(excluded.mime_type_id, iif({same}, mime_type_id, NULL)),
  width = coalesce(excluded.width, iif({same}, width, NULL)),
  height = coalesce(excluded.height, iif({same}, height, NULL)),
  duration = coalesce(excluded.duration, iif({same}, duration, NULL)),
  size = coalesce(excluded.size, iif({same}, size, NULL)),
  key = coalesce(excluded.key, iif({same}, key, NULL)),
  original_url = excluded.original_url
""".format(same="original_url IS excluded.original_url"),
    "(?, ?, ?, ?, ?, ?, ?, ?)",
)
# An entry that was created or updated may have another file than before.
DELETE = "DELETE FROM media WHERE item_id = ?"
DELETE_OTHERS = """
DELETE FROM media WHERE item_id = ? AND EXISTS (
  SELECT 1 FROM item WHERE item_id = ? AND media_id IS NOT ?)
"""
# An item that was sent again since has another batch, whose answer counts.
PRESENT = """
SELECT item_id, media.item_id IS NOT NULL FROM item LEFT JOIN media USING (item_id)
WHERE batch_id = ?
"""


class MediaRows:
    """Writes facts of stored files through `db`, within the caller's transaction.

    A URL that contains a secret is not stored: without the secret it is not the address.
    """

    def __init__(self, db: sqlite3.Connection, redact: Callable[[str], str]) -> None:
        """Write nothing yet."""
        self._db = db
        self._redact = redact
        self._types = NumberedTexts(db, MIME_TYPES)

    def update(self, rows: Sequence[int], outcomes: Sequence[Outcome], batch_id: int) -> None:
        """Write the facts of outcomes, whose items have these rows, before the items are settled.

        Facts that no longer describe the medium of the item are deleted.
        """
        has_facts: dict[int, int] = dict(self._db.execute(PRESENT, (batch_id,)))
        named = [
            (row, one)
            for row, one in zip(rows, outcomes, strict=True)
            if one.media_id is not None and row in has_facts
        ]
        if any(has_facts.values()):
            self._forget([(row, one) for row, one in named if has_facts[row]])
        self.write([(row, one.facts) for row, one in named if one.facts is not None])

    def _forget(self, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        others = [(row, row, one.media_id) for row, one in outcomes]
        gone = [(row,) for row, one in outcomes if one.facts is None and _may_have_changed(one)]
        self._db.executemany(DELETE_OTHERS, others)
        self._db.executemany(DELETE, gone)

    def write(self, facts: Sequence[tuple[int, MediaFacts]]) -> None:
        """Add facts to rows of items."""
        if not facts:
            return
        stored = [(row, self._stored(one)) for row, one in facts]
        names = {one.mime_type for _, one in stored if one.mime_type}
        types = self._types.numbers_of(names) if names else {}
        execute_for_rows(
            self._db,
            UPSERT,
            [
                (row, url, types.get(mime_type or ""), width, height, duration, size, key)
                for row, (url, mime_type, width, height, duration, size, key) in stored
            ],
        )

    def _stored(self, facts: MediaFacts) -> MediaFacts:
        url, mime_type, width, height, duration, size, key = facts
        return MediaFacts(
            encodable(url) if url and self._redact(url) == url else None,
            mime_type and encodable(mime_type),
            width,
            height,
            duration,
            size,
            key and encodable(key),
        )


def _may_have_changed(outcome: Outcome) -> bool:
    # A PATCH that could not change everything is skipped, with the hashes of what it left.
    return outcome.state is State.SUCCESS or outcome.held is not None
