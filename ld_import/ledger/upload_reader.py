"""Queries for the files of items: where they come from, and what of them is in a storage."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from ld_import.ledger.reader import LedgerReader, Row
from ld_import.ledger.reader_sql import moment
from ld_import.ledger.sql import placeholders
from ld_import.ledger.target_filter import EVERY_TARGET, TargetFilter

# Other columns are named like those of the item.
KEY_COLUMNS = """
  target.server AS server, target.project AS project, target.kind AS kind,
  upload.system_name AS systemName, upload.external_id AS externalId
"""
COLUMNS = f"""
  upload.state AS state, upload.reason AS reason, upload.source AS source,
  upload.storage AS storage, upload.key AS key, upload.version AS version, upload.size AS size,
  nullif(lower(hex(upload.sha256)), '') AS sha256, upload.etag AS etag,
  upload.mime_type AS mimeType, upload.width AS width, upload.height AS height,
  upload.duration AS duration, upload.attempts AS attempts, run.run_id AS run,
  {moment("upload.updated_at")} AS updatedAt
"""
# In the order of their rows: for one target SQLite would use the index by externalId instead.
UPLOADS = f"""
SELECT {KEY_COLUMNS}, {COLUMNS} FROM upload NOT INDEXED CROSS JOIN target USING (target_id)
JOIN run ON run.run_number = upload.run_number WHERE {{}}
"""
COUNTS = """
SELECT upload.state AS state, count(*) AS count FROM upload JOIN target USING (target_id)
WHERE {} GROUP BY 1 ORDER BY 1
"""
UPLOAD_OF = f"""
SELECT {COLUMNS} FROM target JOIN upload USING (target_id)
JOIN run ON run.run_number = upload.run_number
WHERE target.server = ? AND target.project = ? AND target.kind = ?
  AND upload.system_name = ? AND upload.external_id = ?
"""
KEY = ("server", "project", "kind", "systemName", "externalId")


class UploadReader(LedgerReader):
    """A ledger opened to read the files of its items as well.

    Rows have state (`started`, `stored` or `failed`), reason, source, version (of the content that
    was begun last), attempts, run and updatedAt; and of the content that was stored last, NULL if
    none was: storage, key, size in bytes, sha256 in hex, etag, mimeType, width, height, duration.
    """

    def uploads(
        self, *, states: Sequence[str] = (), of: TargetFilter = EVERY_TARGET, limit: int = -1
    ) -> Generator[Row]:
        """Yield files with server, project, kind, systemName and externalId of their items.

        Without `states`, those of every state. A negative `limit` means all.
        """
        condition, values = _condition(states, of)
        yield from self._rows(f"{UPLOADS.format(condition)} LIMIT ?", *values, limit)

    def upload_counts(
        self, *, states: Sequence[str] = (), of: TargetFilter = EVERY_TARGET
    ) -> dict[str, int]:
        """Return the number of files by state."""
        condition, values = _condition(states, of)
        rows = self._rows(COUNTS.format(condition), *values)
        return {row["state"]: row["count"] for row in rows}

    def with_uploads(self, items: Iterable[Row]) -> list[Row]:
        """Return items with the row of their file as `upload`; those without a file lack it."""
        if next(self._rows("SELECT 1 AS one FROM upload LIMIT 1"), None) is None:
            # Most ledgers have none, and a million look-ups take 10 s.
            return list(items)
        return [self._with_upload(item) for item in items]

    def _with_upload(self, item: Row) -> Row:
        found = list(self._rows(UPLOAD_OF, *(item[name] for name in KEY)))
        return {**item, "upload": found[0]} if found else item


def _condition(states: Sequence[str], of: TargetFilter) -> tuple[str, list[str]]:
    of_target, values = of.condition("upload.system_name")
    if not states:
        return of_target, values
    return f"upload.state IN ({placeholders(states)}) AND {of_target}", [*states, *values]
