"""The URLs of one manifest, on disk: each once, with the records that have it, host by host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ld_import.url_checks.addresses import expiry_of_url, host_of
from ld_import.url_checks.expected import EXPECTED, Expected
from ld_import.url_checks.probe import Wanted
from ld_import.url_checks.sampling import choose_sample
from ld_import.url_checks.store import UrlStore, digest_of, time_from
from ld_import.url_checks.store_file import store_errors

TABLES = Path(__file__).with_name("queue.sql")
PAGE = 100
# A commit of a temporary database costs about as much as ten rows.
ROWS_IN_TRANSACTION = 10_000
WAITING = """
SELECT number, url, kind, expires_at FROM temp.wanted
WHERE host = ? AND number > ? AND is_chosen AND state = 'waiting'
ORDER BY number LIMIT ?
"""
HOSTS = """
CREATE TEMP TABLE waiting_host AS
SELECT host FROM temp.wanted WHERE is_chosen AND state = 'waiting'
GROUP BY host ORDER BY count(*) DESC, host
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """The URLs to check.

    - `url_count` is the number of different URLs in the manifest, `chosen_count` those to check.
    - `known_count` is the number of chosen URLs with a valid result of an earlier call, `waiting`
      the number of the others; `oldest` is the time of the oldest valid result.
    """

    url_count: int
    chosen_count: int
    known_count: int
    oldest: datetime | None

    @property
    def waiting_count(self) -> int:
        """Number of URLs to ask for."""
        return self.chosen_count - self.known_count


class UrlQueue:
    """Collects the URLs of a manifest, then hands out those that need a request."""

    def __init__(self, store: UrlStore) -> None:
        """Create the temporary tables beside the results."""
        self._store = store
        self._db = store.db
        self._row_count = 0
        with store_errors(store.path):
            self._db.executescript(TABLES.read_text(encoding="utf-8"))

    def add(self, line: int, external_id: str, url: str, expected: Expected) -> None:
        """Add the URL of a record."""
        with store_errors(self._store.path):
            if not self._row_count:
                self._db.execute("BEGIN")
            number = self._number_of(url, expected)
            self._db.execute(
                "INSERT INTO temp.record VALUES (?, ?, ?)", (line, external_id, number)
            )
            self._row_count += 1
            if self._row_count >= ROWS_IN_TRANSACTION:
                self._commit()

    def choose(self, sample: int | None, *, is_recheck: bool, now: datetime) -> Choice:
        """Choose the URLs to check, and find valid results for them.

        `sample` is the number of URLs to check, spread over manifest and hosts; `None` for all.
        """
        with store_errors(self._store.path):
            self._commit()
            self._db.execute("CREATE INDEX temp.by_host ON wanted (host, number)")
            if sample is not None:
                choose_sample(self._db, sample)
            if not is_recheck:
                self._find_known(int(now.timestamp()))
            self._db.execute(HOSTS)
            return self._choice()

    def hosts(self) -> Iterator[str]:
        """Yield the hosts to ask, first those with the most URLs, which take the longest."""
        last = 0
        while rows := self._rows(
            "SELECT rowid, host FROM temp.waiting_host WHERE rowid > ? ORDER BY rowid LIMIT ?",
            (last, PAGE),
        ):
            for _, host in rows:
                yield host
            last = rows[-1][0]

    def waiting_of(self, host: str) -> Iterator[Wanted]:
        """Yield the URLs of a host to ask for, each once."""
        last = 0
        while rows := self._rows(WAITING, (host, last, PAGE)):
            for number, url, kind, expires_at in rows:
                expires = None if expires_at is None else time_from(expires_at)
                yield Wanted(number, url, EXPECTED[kind], expires)
            last = rows[-1][0]

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        # NOTE: an open cursor would keep SQLite from ever shortening its write-ahead log.
        with store_errors(self._store.path):
            return self._db.execute(query, values).fetchall()

    def _number_of(self, url: str, expected: Expected) -> int:
        key = (digest_of(url), expected.name)
        found = self._db.execute(
            "SELECT number FROM temp.wanted WHERE digest = ? AND kind = ?", key
        ).fetchone()
        if found:
            number: int = found[0]
            return number
        expiry = expiry_of_url(url)
        seconds = None if expiry is None else int(expiry.timestamp())
        cursor = self._db.execute(
            "INSERT INTO temp.wanted (digest, kind, url, host, expires_at) VALUES (?, ?, ?, ?, ?)",
            (*key, url, host_of(url), seconds),
        )
        return cursor.lastrowid or 0

    def _commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._row_count = 0

    def _find_known(self, now: int) -> None:
        self._db.execute(
            "UPDATE temp.wanted SET state = 'known' WHERE is_chosen AND EXISTS (SELECT 1 FROM"
            " url_check WHERE url_check.digest = wanted.digest AND url_check.kind = wanted.kind"
            " AND checked_at <= ? AND ? < valid_until)",
            (now, now),
        )

    def _choice(self) -> Choice:
        urls, chosen, known = self._db.execute(
            "SELECT count(*), ifnull(sum(is_chosen), 0), ifnull(sum(state = 'known'), 0)"
            " FROM temp.wanted"
        ).fetchone()
        (oldest,) = self._db.execute(
            "SELECT min(checked_at) FROM temp.wanted JOIN url_check USING (digest, kind)"
            " WHERE state = 'known'"
        ).fetchone()
        return Choice(urls, chosen, known, None if oldest is None else time_from(oldest))
