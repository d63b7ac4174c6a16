"""Known items with the URL of a new item: found by a scan, only in runs with several new items.

An index of URLs would increase the size of an item in the ledger by a third. The scan of a million
items takes 0.2 seconds, and a run without new items needs none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

import orjson

from ld_import.ledger.seen_keys import scratch_errors
from ld_import.ledger.url_starts import JOIN_STARTS, URL
from ld_import.model import DuplicateUrl, DuplicateUrls, Item, ItemKey
from ld_import.url_forms import canonical, forms_of

# A URL that more known items share is a placeholder, or differs from others in a masked part only.
MOST_SHARING = 3
# Up to this number of URLs SQLite compares them; above, all items are read and the URLs are not
# kept in memory.
MOST_COMPARED = 20_000
CACHE_KIB = 2048
URLS = "the URLs of new items"

ANY_ITEM = "SELECT 1 FROM item WHERE target_id = ? LIMIT 1"
LAST_ROW = "SELECT max(item_id) FROM item"
# A failed or refused item without a mediaId has no entry on the server; any other item has one or
# may still get one. NOT INDEXED reads the rows in their order, which is four times as fast.
ARRIVED = f"""
SELECT item_id, {URL} FROM item NOT INDEXED {JOIN_STARTS}
WHERE target_id = ? AND item_id <= ?
  AND (media_id IS NOT NULL OR state NOT IN ('failed', 'refused'))
"""
ARRIVED_WITH = f"{ARRIVED} AND {URL} IN (SELECT value FROM json_each(?))"
ARRIVED_AT = f"{ARRIVED} AND item_id IN (SELECT value FROM json_each(?))"
KEY_OF = """
SELECT system_name, external_id FROM item JOIN system USING (system_id) WHERE item_id = ?
"""

TABLE = """
CREATE TABLE new (
  url TEXT PRIMARY KEY,
  system_name TEXT NOT NULL,
  external_id TEXT NOT NULL,
  new_count INTEGER NOT NULL DEFAULT 1,
  known_count INTEGER NOT NULL DEFAULT 0,
  unmet_count INTEGER NOT NULL DEFAULT 0,
  unmet_row INTEGER
) WITHOUT ROWID
"""
ADD = """
INSERT INTO new (url, system_name, external_id) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET new_count = new_count + 1
"""
RESET = "UPDATE new SET known_count = 0, unmet_count = 0, unmet_row = NULL"
COMPARE = """
UPDATE new SET known_count = known_count + 1, unmet_count = unmet_count + (:row IS NOT NULL),
  unmet_row = coalesce(unmet_row, :row)
WHERE url = :url
"""
DUPLICATES = f"FROM new WHERE unmet_count > 0 AND known_count <= {MOST_SHARING}"
DUPLICATE_COUNT = f"SELECT coalesce(sum(min(new_count, unmet_count)), 0) {DUPLICATES}"
EXAMPLE = f"SELECT url, system_name, external_id, unmet_row {DUPLICATES} LIMIT 1"

Errors = Callable[[], AbstractContextManager[None]]


class KnownUrls:
    """The URLs of the items a target has now; items added later are not compared."""

    def __init__(
        self,
        db: sqlite3.Connection,
        target_id: int,
        *,
        redact: Callable[[str], str],
        errors: Errors,
    ) -> None:
        """Read the items through `db`; `redact` is the function the ledger applied to URLs."""
        self._db = db
        self._redact = redact
        self._errors = errors
        self._where = (target_id, db.execute(LAST_ROW).fetchone()[0])

    def tally(self) -> UrlTally:
        """Return an empty tally."""
        return UrlTally(self)

    def redacted(self, url: str) -> str:
        """Return a URL as the ledger stores it."""
        return self._redact(url)

    def arrived(self, urls: Iterable[str] | None) -> Iterator[tuple[int, str]]:
        """Yield row and URL of the items on the server: those with these URLs, or all."""
        with self._errors():
            if urls is None:
                yield from self._db.execute(ARRIVED, self._where)
            else:
                yield from self._db.execute(ARRIVED_WITH, (*self._where, _json(urls)))

    def arrived_at(self, rows: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Yield row and URL of those items in these rows that are on the server."""
        with self._errors():
            yield from self._db.execute(ARRIVED_AT, (*self._where, _json(rows)))

    def key_of(self, row: int) -> ItemKey:
        """Return the key of an item."""
        with self._errors():
            return ItemKey(*self._db.execute(KEY_OF, (row,)).fetchone())


class UrlTally:
    """New items by URL, in a temporary database that SQLite writes to disk when it grows."""

    def __init__(self, known: KnownUrls) -> None:
        """Create an empty tally to compare with the known URLs."""
        self._known = known
        self._compared: set[str] | None = set()
        with scratch_errors(URLS):
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(TABLE)
            self._db.execute("BEGIN")

    def add(self, items: Iterable[Item]) -> None:
        """Add new items."""
        rows = []
        for item in items:
            url = self._known.redacted(item.url)
            rows.append((canonical(url), *item.key))
            if self._compared is not None:
                self._compared.update(forms_of(url))
        if self._compared is not None and len(self._compared) > MOST_COMPARED:
            self._compared = None
        with scratch_errors(URLS):
            self._db.executemany(ADD, rows)

    def duplicates(self, is_met: Callable[[int], bool]) -> DuplicateUrls:
        """Compare the items added so far with the known ones whose row this run did not meet."""
        arrived = self._known.arrived(self._compared)
        count = self._compare((None if is_met(row) else row, url) for row, url in arrived)
        with scratch_errors(URLS):
            return DuplicateUrls(count, self._example() if count else None)

    def max_duplicates(self, rows: Sequence[int]) -> int:
        """Return the highest possible number of duplicates if only these rows were not met."""
        return self._compare(self._known.arrived_at(rows))

    def close(self) -> None:
        """Remove the temporary database."""
        self._db.close()

    def _compare(self, arrived: Iterable[tuple[int | None, str]]) -> int:
        """Return the number of duplicates; a known item that was met has `None` as its row."""
        with scratch_errors(URLS):
            self._db.execute(RESET)
            rows = ({"row": row, "url": canonical(url)} for row, url in arrived)
            self._db.executemany(COMPARE, rows)
            return int(self._db.execute(DUPLICATE_COUNT).fetchone()[0])

    def _example(self) -> DuplicateUrl:
        url, system_name, external_id, row = self._db.execute(EXAMPLE).fetchone()
        return DuplicateUrl(self._known.key_of(row), ItemKey(system_name, external_id), url)


def _json(values: Iterable[str] | Iterable[int]) -> str:
    return orjson.dumps(list(values)).decode()
