"""The rows of table `upload`: the files of items, and what of them is in a storage."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

from ld_import.ledger.known_items import by_system
from ld_import.ledger.row_validation import upload_from
from ld_import.ledger.sql import placeholders, unix_seconds
from ld_import.ledger.stored_text import encodable, storable
from ld_import.model import BegunFile, FailedFile, FinishedFile, ItemKey, Upload

# A row that this run wrote is left out: all records of a key are decided on alike.
FIND = """
SELECT system_name, external_id, state, source, identity, version,
  storage, key, stored_version, size, sha256, etag, mime_type, width, height, duration
FROM upload
WHERE target_id = ? AND system_name = ? AND run_number <> ? AND external_id IN ({})
"""
BEGIN = """
INSERT INTO upload (target_id, system_name, external_id, state, source, identity, version,
  attempts, run_number, updated_at)
VALUES (?, ?, ?, 'started', ?, ?, ?, 1, ?, ?)
ON CONFLICT (target_id, system_name, external_id) DO UPDATE SET
  state = 'started', source = excluded.source, identity = excluded.identity,
  version = excluded.version, reason = NULL, attempts = attempts + 1,
  run_number = excluded.run_number, updated_at = excluded.updated_at
"""
OWNER = """
SELECT external_id FROM upload
WHERE target_id = ? AND storage = ? AND key = ? AND NOT (system_name = ? AND external_id = ?)
"""
STORE = """
UPDATE upload SET state = 'stored', identity = ?, version = ?, reason = NULL, storage = ?, key = ?,
  stored_version = ?, size = ?, sha256 = ?, etag = ?, mime_type = ?, width = ?, height = ?,
  duration = ?, run_number = ?, updated_at = ?
WHERE target_id = ? AND system_name = ? AND external_id = ?
"""
FAIL = """
UPDATE upload SET state = 'failed', reason = ?, run_number = ?, updated_at = ?,
  version = CASE WHEN ? THEN 0 ELSE version END
WHERE target_id = ? AND system_name = ? AND external_id = ?
"""


class Uploads:
    """The files of one target, read and written through `db` in the caller's transaction."""

    def __init__(
        self, db: sqlite3.Connection, target_id: int, redact: Callable[[str], str]
    ) -> None:
        """Read nothing yet. `redact` removes secrets from sources and reasons."""
        self._db = db
        self._target_id = target_id
        self._redact = redact

    def find(self, keys: Sequence[ItemKey], run_number: int) -> dict[ItemKey, Upload]:
        """Return the files of these items that no other record of this run has changed."""
        found: dict[ItemKey, Upload] = {}
        for system_name, external_ids in by_system(keys).items():
            query = FIND.format(placeholders(external_ids))
            values = (self._target_id, system_name, run_number, *external_ids)
            for row in self._db.execute(query, values):
                upload = upload_from(row)
                found[upload.key] = upload
        return found

    def begin(self, files: Sequence[BegunFile], run_number: int, now: datetime) -> None:
        """Write that bytes of these files will be sent."""
        at = unix_seconds(now)
        self._db.executemany(
            BEGIN,
            (
                (
                    self._target_id,
                    *file.key,
                    encodable(self._redact(file.source)),
                    encodable(file.identity),
                    file.version,
                    run_number,
                    at,
                )
                for file in files
            ),
        )

    def _owner_of(self, file: FinishedFile) -> str | None:
        """Return the externalId of another item with the same object, `None` without one."""
        values = (self._target_id, file.stored.storage, file.stored.key, *file.key)
        row = self._db.execute(OWNER, values).fetchone()
        return None if row is None else str(row[0])

    def store(self, file: FinishedFile, run_number: int, now: datetime) -> str | None:
        """Write that a file is stored and verified.

        Returns the externalId of another item with the same object; then nothing is written.
        """
        if (owner := self._owner_of(file)) is not None:
            return owner
        version, storage, key, size, sha256, etag, mime_type, *shape = file.stored
        self._db.execute(
            STORE,
            (
                encodable(file.identity),
                version,
                storage,
                key,
                version,
                size,
                sha256,
                etag,
                encodable(mime_type),
                *shape,
                run_number,
                unix_seconds(now),
                self._target_id,
                *file.key,
            ),
        )
        return None

    def fail(self, files: Sequence[FailedFile], run_number: int, now: datetime) -> None:
        """Write that these files cannot be stored; what was stored before remains."""
        at = unix_seconds(now)
        self._db.executemany(
            FAIL,
            (
                (
                    storable(self._redact(file.reason)),
                    run_number,
                    at,
                    file.is_taken,
                    self._target_id,
                    *file.key,
                )
                for file in files
            ),
        )
