"""Results of URL checks in a file beside the manifest, valid for a time, kept when interrupted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ld_import.url_checks.probe import Wanted
from ld_import.url_checks.results import Reason, Remark, UrlResult
from ld_import.url_checks.store_file import CorruptResult, open_store, store_errors

GOOD_SECONDS = 7 * 86_400
# Less than a day: a check at the same time every day asks for the bad ones every time.
BAD_SECONDS = 20 * 3_600
LONGEST_URL = 2_000
COLUMNS = "reason, status, final_url, media_type, byte_count, detail, remarks, checked_at"

UPSERT = f"""
INSERT OR REPLACE INTO url_check
  (digest, kind, url, host, {COLUMNS}, valid_until)
SELECT digest, kind, :shown_url, host, :reason, :status, :final_url, :media_type, :byte_count,
  :detail, :remarks, :now, :valid_until
FROM temp.wanted WHERE number = :number
"""
UPSERT_REST = """
INSERT OR REPLACE INTO url_check
  (digest, kind, url, host, reason, final_url, media_type, detail, remarks, checked_at, valid_until)
SELECT digest, kind, redacted(url), host, :reason, '', '', :detail, '', :now, :valid_until
FROM temp.wanted WHERE host = :host AND is_chosen AND state = 'waiting'
"""
FOUND = f"""
SELECT line, external_id, wanted.kind, wanted.host, url_check.url, {COLUMNS}
FROM temp.record
JOIN temp.wanted ON wanted.number = record.wanted
JOIN url_check ON url_check.digest = wanted.digest AND url_check.kind = wanted.kind
WHERE is_chosen AND state != 'waiting' AND (reason != 'ok' OR remarks != '')
ORDER BY record.rowid
"""
BAD = """
SELECT count(*) FROM temp.wanted JOIN url_check USING (digest, kind)
WHERE is_chosen AND state != 'waiting' AND reason != 'ok'
"""


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record whose URL is bad or has remarks; `url` has no secrets.

    `kind` is the name of the expected content.
    """

    line: int
    external_id: str
    kind: str
    host: str
    url: str
    result: UrlResult
    checked_at: datetime


class UrlStore:
    """Results of this and earlier calls. Every change is committed at once.

    Errors of SQLite are raised as LedgerError.
    """

    def __init__(self, path: Path, redact: Callable[[str], str]) -> None:
        """Open or create the file; `redact` removes secrets from texts that are stored."""
        self.path = path
        self._redact = redact
        self.db = open_store(path)
        self.db.create_function("redacted", 1, self._shown, deterministic=True)

    def put(self, wanted: Wanted, result: UrlResult, now: datetime) -> None:
        """Store the result of one URL."""
        values = {
            "number": wanted.number,
            "shown_url": self._shown(wanted.url),
            **self._values(result, now),
        }
        if result.is_good and wanted.expires_at is not None:
            values["valid_until"] = min(values["valid_until"], int(wanted.expires_at.timestamp()))
        with store_errors(self.path), self._transaction():
            self.db.execute(UPSERT, values)
            self.db.execute(
                "UPDATE temp.wanted SET state = 'asked' WHERE number = ?", (wanted.number,)
            )

    def put_rest(self, host: str, result: UrlResult, now: datetime) -> int:
        """Store a result for all URLs of a host that wait for one; return their number."""
        values = {"host": host, **self._values(result, now)}
        with store_errors(self.path), self._transaction():
            self.db.execute(UPSERT_REST, values)
            return self.db.execute(
                "UPDATE temp.wanted SET state = 'asked'"
                " WHERE host = ? AND is_chosen AND state = 'waiting'",
                (host,),
            ).rowcount

    def found(self) -> Iterator[CheckedRecord]:
        """Yield the records whose URL is bad or has remarks, in the order of the manifest."""
        with store_errors(self.path):
            for line, external_id, kind, host, url, *values in self.db.execute(FOUND):
                result, checked_at = _result_from(values), time_from(values[-1])
                yield CheckedRecord(line, external_id, kind, host, url, result, checked_at)

    def bad_count(self) -> int:
        """Return the number of different chosen URLs that are bad."""
        with store_errors(self.path):
            (count,) = self.db.execute(BAD).fetchone()
        return int(count)

    def close(self) -> None:
        """Close the file; safe to call again."""
        self.db.close()

    def _shown(self, url: str) -> str:
        return self._redact(url)[:LONGEST_URL]

    def _values(self, result: UrlResult, now: datetime) -> dict[str, Any]:
        seconds = int(now.timestamp())
        period = GOOD_SECONDS if result.is_good else BAD_SECONDS
        return {
            "reason": result.reason.value,
            "status": result.status,
            "final_url": self._shown(result.final_url),
            "media_type": result.media_type,
            "byte_count": result.byte_count,
            "detail": self._redact(result.detail),
            "remarks": " ".join(result.remarks),
            "now": seconds,
            "valid_until": seconds + period,
        }

    def _transaction(self) -> _Transaction:
        return _Transaction(self.db)


class _Transaction:
    """Commits the block, or rolls it back."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *raised: object) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def digest_of(url: str) -> bytes:
    """Return the hash by which the store knows a URL."""
    return blake2b(url.encode(errors="surrogatepass"), digest_size=16).digest()


def _result_from(values: list[object]) -> UrlResult:
    reason, status, final_url, media_type, byte_count, detail, remarks, _ = values
    try:
        return UrlResult(
            Reason(_text(reason)),
            _number(status),
            _text(final_url),
            _text(media_type),
            _number(byte_count),
            _text(detail),
            tuple(Remark(word) for word in _text(remarks).split()),
        )
    except ValueError as error:
        raise CorruptResult(f"an unknown value: {error}") from None


def _number(value: object) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise ValueError(f"{value!r} is not a number")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{value!r} is not a text")


def time_from(value: object) -> datetime:
    """Return a stored time. Raises CorruptResult."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=_number(value) or 0)
    except (ValueError, OverflowError) as error:
        raise CorruptResult(f"an unknown time: {error}") from None
