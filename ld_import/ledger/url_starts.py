"""URLs in two parts: the address of their folder, which is written once, and the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ld_import.ledger.numbered_texts import NumberedTexts, TextTable

# Where each item has a folder of its own, numbers save nothing.
STARTS = TextTable("url_start", "start_id", "start", most=10_000)
# A row of the schema: the start of a URL that is written as a whole.
NO_START = 0

# The columns of `item` as a URL.
URL = "url_start.start || item.url_end"
JOIN_STARTS = "CROSS JOIN url_start USING (start_id)"


class UrlStarts:
    """Splits URLs, and writes their starts through `db` within the caller's transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Read nothing yet."""
        self._starts = NumberedTexts(db, STARTS)

    def split(self, urls: Sequence[str]) -> list[tuple[int, str]]:
        """Return the number of the start of each URL, and the rest of it."""
        starts = [url[: url.rfind("/") + 1] for url in urls]
        numbers = self._starts.numbers_of({*starts})
        return [
            (numbers[start], url[len(start) :]) if start in numbers else (NO_START, url)
            for start, url in zip(starts, urls, strict=True)
        ]
