"""The rows of table `media`: the stored files of items, as answers describe them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache

from ld_import.created import CreatedOutcomes, FactColumns
from ld_import.ledger.numbered_texts import MIME_TYPES, NumberedTexts
from ld_import.ledger.row_groups import execute_for_rows, with_rows
from ld_import.ledger.stored_text import encodable_all
from ld_import.model import MediaFacts, Outcome, State
from ld_import.redaction import redact_all

# An answer may name only some facts of the file; the others remain while its address is the same.
KEPT = "{0} = coalesce(excluded.{0}, iif(original_url IS excluded.original_url, {0}, NULL))"
COLUMNS = ("original_url", "mime_type_id", "width", "height", "duration", "size", "key")
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
# The items of a batch, and whether one of these rows has facts.
COUNT_ROWS = """
SELECT (SELECT count(*) FROM item WHERE batch_id = ?),
  EXISTS (SELECT 1 FROM media WHERE item_id BETWEEN ? AND ?)
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
        if isinstance(outcomes, CreatedOutcomes) and self._are_new(rows, batch_id):
            self._write(*_with_facts(rows, outcomes.facts))
            return
        has_facts: dict[int, int] = dict(self._db.execute(PRESENT, (batch_id,)))
        named = [
            (row, one)
            for row, one in zip(rows, outcomes, strict=True)
            if one.media_id is not None and row in has_facts
        ]
        if any(has_facts.values()):
            self._forget([(row, one) for row, one in named if has_facts[row]])
        self.write([(row, one.facts) for row, one in named if one.facts is not None])

    def _are_new(self, rows: Sequence[int], batch_id: int) -> bool:
        """Return whether these are all rows of a batch and have no facts; false if unsure."""
        bounds = min(rows, default=0), max(rows, default=0)
        count, has_facts = self._db.execute(COUNT_ROWS, (batch_id, *bounds)).fetchone()
        return bool(count == len(rows) and not has_facts)

    def _forget(self, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        others = [(row, row, one.media_id) for row, one in outcomes]
        gone = [(row,) for row, one in outcomes if one.facts is None and _may_have_changed(one)]
        self._db.executemany(DELETE_OTHERS, others)
        self._db.executemany(DELETE, gone)

    def write(self, facts: Sequence[tuple[int, MediaFacts]]) -> None:
        """Add facts to rows of items."""
        if facts:
            rows, values = zip(*facts, strict=True)
            self._write(rows, tuple(zip(*values, strict=True)))

    def _write(self, rows: Sequence[int], facts: FactColumns) -> None:
        """Write columns of facts; those without a value are not part of the statement."""
        if not facts:
            return
        urls, mime_types, *numbers, keys = facts
        types, keys = self._numbered(mime_types), encodable_all(keys)
        columns = [self._storable_urls(urls), types, *numbers, keys]
        named = [
            (name, column)
            for name, column, before in zip(COLUMNS, columns, facts, strict=True)
            if before.count(None) < len(before)
        ]
        if named:
            names, named_columns = zip(*named, strict=True)
            values = list(zip(rows, *named_columns, strict=True))
            execute_for_rows(self._db, _upsert(names), values)

    def _storable_urls(self, urls: Sequence[str | None]) -> Sequence[str | None]:
        given = [url or "" for url in urls]
        safe = redact_all(given, self._redact)
        whole = [url if url == one else None for url, one in zip(urls, safe, strict=True)]
        return encodable_all(whole)

    def _numbered(self, mime_types: Sequence[str | None]) -> Sequence[int | None]:
        names = encodable_all(mime_types)
        named = {name for name in names if name}
        types = self._types.numbers_of(named) if named else {}
        return [types.get(name or "") for name in names]


def _with_facts(rows: Sequence[int], facts: FactColumns) -> tuple[Sequence[int], FactColumns]:
    """Return the rows that have facts, with these."""
    if any(None not in column for column in facts):
        return rows, facts
    values = [row for row in zip(rows, *facts, strict=True) if row.count(None) < len(facts)]
    if not values:
        return (), ()
    rows, *columns = zip(*values, strict=True)
    return rows, columns


@cache
def _upsert(columns: Sequence[str]) -> Callable[[int], str]:
    """Return the statement that writes these columns, for `execute_for_rows`."""
    names = ", ".join(["item_id", *columns])
    kept = ", ".join([*map(KEPT.format, COLUMNS[1:]), "original_url = excluded.original_url"])
    return with_rows(
        f"INSERT INTO media ({names}) VALUES {{rows}} ON CONFLICT (item_id) DO UPDATE SET {kept}",
        f"({', '.join('?' * (len(columns) + 1))})",
    )


def _may_have_changed(outcome: Outcome) -> bool:
    # A PATCH that could not change everything is skipped, with the hashes of what it left.
    return outcome.state is State.SUCCESS or outcome.held is not None
