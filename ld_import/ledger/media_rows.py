"""The rows of table `media`: the stored files of items, as answers describe them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from ld_import.ledger.stored_text import encodable
from ld_import.model import MediaFacts, Outcome, State

# An answer may name only some facts of the file; the others remain while its address is the same.
UPSERT = """
INSERT INTO media (item_id, original_url, mime_type, width, height, duration, size, key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (item_id) DO UPDATE SET
  mime_type = coalesce(excluded.mime_type, iif({same}, mime_type, NULL)),
  width = coalesce(excluded.width, iif({same}, width, NULL)),
  height = coalesce(excluded.height, iif({same}, height, NULL)),
  duration = coalesce(excluded.duration, iif({same}, duration, NULL)),
  size = coalesce(excluded.size, iif({same}, size, NULL)),
  key = coalesce(excluded.key, iif({same}, key, NULL)),
  original_url = excluded.original_url
""".format(same="original_url IS excluded.original_url")
# An entry that was created or updated may have another file than before.
DELETE = "DELETE FROM media WHERE item_id = ?"
DELETE_OTHERS = """
DELETE FROM media WHERE item_id = ? AND EXISTS (
  SELECT 1 FROM item WHERE item_id = ? AND media_id IS NOT ?)
"""
# An item that was sent again since has another batch, whose answer counts.
PRESENT = "SELECT item_id FROM item WHERE batch_id = ?"


class MediaRows:
    """Writes facts of stored files through `db`, within the caller's transaction.

    A URL that contains a secret is not stored: without the secret it is not the address.
    """

    def __init__(self, db: sqlite3.Connection, redact: Callable[[str], str]) -> None:
        """Write nothing yet."""
        self._db = db
        self._redact = redact

    def update(self, outcomes: Sequence[tuple[int, Outcome]], batch_id: int) -> None:
        """Write the facts of outcomes, each with the row of its item, before the item is settled.

        Facts that no longer describe the medium of the item are deleted.
        """
        present = {row for (row,) in self._db.execute(PRESENT, (batch_id,))}
        named = [(row, one) for row, one in outcomes if one.media_id is not None and row in present]
        told = [(row, one.facts) for row, one in named if one.facts is not None]
        untold = [(row, one) for row, one in named if one.facts is None]
        others = [(row, row, one.media_id) for row, one in named]
        self._db.executemany(DELETE_OTHERS, others)
        self._db.executemany(DELETE, ((row,) for row, one in untold if _may_have_changed(one)))
        self.write(told)

    def write(self, facts: Sequence[tuple[int, MediaFacts]]) -> None:
        """Add facts to rows of items."""
        self._db.executemany(UPSERT, ((row, *self._columns(one)) for row, one in facts))

    def _columns(self, facts: MediaFacts) -> MediaFacts:
        url, mime_type, key = facts.original_url, facts.mime_type, facts.key
        return facts._replace(
            original_url=encodable(url) if url and self._redact(url) == url else None,
            mime_type=mime_type and encodable(mime_type),
            key=key and encodable(key),
        )


def _may_have_changed(outcome: Outcome) -> bool:
    # A PATCH that could not change everything is skipped, with the hashes of what it left.
    return outcome.state is State.SUCCESS or outcome.held is not None
