"""Migration of an older schema: after a backup, all steps are applied in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ld_import.atomic_file import replacing_by_path
from ld_import.errors import LedgerError
from ld_import.ledger.corruption import ledger_error
from ld_import.tempdir import sqlite_folder, temp_space_error

# The first step migrates schema 1 to schema 2, and so on. `schema.sql` is the latest schema.
STEPS: tuple[str, ...] = (
    """
    CREATE TABLE block (
      target_id INTEGER NOT NULL REFERENCES target,
      digest BLOB NOT NULL,
      manifest TEXT NOT NULL,
      rows BLOB NOT NULL,
      last_batch_id INTEGER NOT NULL,
      PRIMARY KEY (target_id, digest)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE digest (
      target_id INTEGER NOT NULL REFERENCES target,
      digest BLOB NOT NULL,
      item_id INTEGER NOT NULL REFERENCES item,
      PRIMARY KEY (target_id, digest)
    ) WITHOUT ROWID;
    CREATE TABLE digest_note (
      target_id INTEGER PRIMARY KEY REFERENCES target,
      last_batch_id INTEGER NOT NULL
    );
    DROP INDEX item_digest;
    INSERT OR REPLACE INTO digest
      SELECT target_id, record_digest, item_id FROM item ORDER BY target_id, record_digest;
    INSERT INTO digest_note SELECT target_id, max(batch_id) FROM batch GROUP BY target_id
    """,
    "ALTER TABLE run ADD COLUMN records_file TEXT",
    """
    CREATE TABLE mime_type (
      mime_type_id INTEGER PRIMARY KEY,
      mime_type TEXT NOT NULL UNIQUE
    );
    CREATE TABLE media (
      item_id INTEGER PRIMARY KEY REFERENCES item,
      original_url TEXT,
      mime_type_id INTEGER REFERENCES mime_type,
      width INTEGER,
      height INTEGER,
      duration REAL,
      size INTEGER,
      key TEXT
    );
    CREATE TABLE archiving (
      item_id INTEGER PRIMARY KEY REFERENCES item,
      run_number INTEGER NOT NULL REFERENCES run,
      version TEXT NOT NULL,
      entry_digest BLOB NOT NULL
    );
    ALTER TABLE run ADD COLUMN activity TEXT NOT NULL DEFAULT 'import';
    ALTER TABLE invalid RENAME TO invalid_before;
    CREATE TABLE invalid (
      target_id INTEGER NOT NULL REFERENCES target,
      manifest TEXT NOT NULL,
      line INTEGER NOT NULL,
      ordinal INTEGER NOT NULL,
      external_id TEXT,
      problems TEXT NOT NULL,
      run_number INTEGER NOT NULL REFERENCES run,
      PRIMARY KEY (target_id, manifest, line, ordinal)
    ) WITHOUT ROWID;
    INSERT INTO invalid
      SELECT target_id, manifest, line, 1, external_id, problems, run_number FROM invalid_before;
    DROP TABLE invalid_before;
    CREATE TABLE upload (
      upload_id INTEGER PRIMARY KEY,
      target_id INTEGER NOT NULL REFERENCES target,
      system_name TEXT NOT NULL,
      external_id TEXT NOT NULL,
      state TEXT NOT NULL,
      source TEXT NOT NULL,
      identity TEXT NOT NULL,
      version INTEGER NOT NULL,
      reason TEXT,
      attempts INTEGER NOT NULL,
      run_number INTEGER NOT NULL REFERENCES run,
      updated_at INTEGER NOT NULL,
      storage TEXT,
      key TEXT,
      stored_version INTEGER,
      size INTEGER,
      sha256 BLOB,
      etag TEXT,
      mime_type TEXT,
      width INTEGER,
      height INTEGER,
      duration REAL,
      UNIQUE (target_id, system_name, external_id)
    );
    CREATE UNIQUE INDEX upload_key ON upload (target_id, storage, key) WHERE key IS NOT NULL;
    CREATE TABLE batch_size (
      target_id INTEGER PRIMARY KEY REFERENCES target,
      size INTEGER NOT NULL,
      fixed_seconds REAL,
      item_seconds REAL,
      most INTEGER
    );
    CREATE TABLE system (
      system_id INTEGER PRIMARY KEY,
      system_name TEXT NOT NULL UNIQUE
    );
    INSERT INTO system (system_name) SELECT DISTINCT system_name FROM item ORDER BY 1;
    CREATE TABLE url_start (
      start_id INTEGER PRIMARY KEY,
      start TEXT NOT NULL UNIQUE
    );
    INSERT INTO url_start VALUES (0, '');
    INSERT OR IGNORE INTO url_start (start)
      SELECT rtrim(url, replace(url, '/', '')) AS folder FROM item
      GROUP BY folder ORDER BY count(*) DESC LIMIT 9999;
    CREATE TABLE new_item (
      item_id INTEGER PRIMARY KEY,
      target_id INTEGER NOT NULL REFERENCES target,
      system_id INTEGER NOT NULL REFERENCES system,
      external_id TEXT NOT NULL,
      state TEXT NOT NULL,
      checksum BLOB NOT NULL,
      record_digest BLOB NOT NULL,
      marks BLOB NOT NULL,
      marks_held BLOB,
      media_id TEXT,
      reason TEXT,
      batch_id INTEGER NOT NULL REFERENCES batch,
      attempts INTEGER NOT NULL,
      start_id INTEGER NOT NULL REFERENCES url_start,
      url_end TEXT NOT NULL,
      file_name TEXT NOT NULL,
      line INTEGER NOT NULL,
      first_seen_at INTEGER,
      is_existing INTEGER,
      space BLOB,
      UNIQUE (target_id, system_id, external_id)
    );
    INSERT INTO new_item
      SELECT item_id, item.target_id, system_id, external_id, item.state, checksum,
        substr(record_digest, 1, 11), marks, marks_held, media_id, item.reason, item.batch_id,
        attempts, coalesce(start_id, 0), substr(url, coalesce(length(start), 0) + 1), file_name,
        line, nullif(first_seen_at, created_at), NULL, NULL
      FROM item CROSS JOIN system USING (system_name) LEFT JOIN batch USING (batch_id)
      LEFT JOIN url_start ON start = rtrim(url, replace(url, '/', ''))
      ORDER BY item_id;
    CREATE TEMP TABLE digest_before AS SELECT * FROM digest;
    DELETE FROM digest;
    INSERT OR REPLACE INTO digest
      SELECT target_id, substr(digest, 1, 11), item_id FROM digest_before ORDER BY 1, 2;
    DROP TABLE digest_before;
    CREATE TABLE earlier_attempt (
      batch_id INTEGER NOT NULL REFERENCES batch,
      item_id INTEGER NOT NULL REFERENCES item,
      state TEXT NOT NULL,
      reason TEXT,
      is_existing INTEGER,
      PRIMARY KEY (batch_id, item_id)
    ) WITHOUT ROWID;
    INSERT INTO earlier_attempt
      SELECT attempt.batch_id, item_id, attempt.state, attempt.reason, NULL
      FROM attempt JOIN item USING (item_id) WHERE attempt.batch_id <> item.batch_id;
    DROP TABLE attempt;
    DROP TABLE item;
    ALTER TABLE new_item RENAME TO item;
    CREATE INDEX item_batch ON item (batch_id);
    CREATE INDEX item_trouble ON item (state) WHERE state <> 'success';
    CREATE INDEX earlier_attempt_item ON earlier_attempt (item_id);
    CREATE VIEW attempt AS
      SELECT batch_id, item_id, state, reason, is_existing FROM item
      UNION ALL SELECT batch_id, item_id, state, reason, is_existing FROM earlier_attempt
    """,
)


class Schema(NamedTuple):
    """The tables of a new ledger, and the steps that produce the same tables from an older one.

    A step is SQL text without BEGIN and COMMIT.
    """

    text: str
    steps: tuple[str, ...] = ()

    @property
    def version(self) -> int:
        """The version number of a ledger with these tables."""
        return len(self.steps) + 1

    def create(self, db: sqlite3.Connection) -> None:
        """Create the tables in an empty database, in one transaction."""
        self._run(db, self.text)

    def migrate(self, db: sqlite3.Connection, version: int) -> None:
        """Apply the steps a database of this version needs, in one transaction."""
        self._run(db, *self.steps[version - 1 :])

    def _run(self, db: sqlite3.Connection, *parts: str) -> None:
        number = f"PRAGMA user_version = {self.version}"
        try:
            db.executescript(";\n".join(["BEGIN IMMEDIATE", *parts, number, "COMMIT"]))
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


FIRST = Path(__file__).with_name("schema-1.sql").read_text(encoding="utf-8")
SCHEMA = Schema(Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"), STEPS)


UNWRITTEN = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")


def version_of(db: sqlite3.Connection) -> int:
    """Return the schema version of a database, 0 without one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def upgrade(db: sqlite3.Connection, file: Path, schema: Schema) -> None:
    """Migrate an older ledger to the present schema after copying it to a file beside it.

    If it raises LedgerError, or after a power cut, the ledger is unchanged.
    """
    version = version_of(db)
    copy = keep_copy(db, file, version)
    try:
        schema.migrate(db, version)
    except sqlite3.Error as error:
        raise LedgerError(
            f"the ledger {file} could not be upgraded from schema {version} to {schema.version}"
            f" and is unchanged: {error}",
            hint=f"{ledger_error(file, error).hint} (a copy of it is {copy.name})",
        ) from error
    # Without space for it, the file keeps free pages, which runs will use.
    with suppress(sqlite3.Error):
        db.execute("VACUUM")


def upgraded_copy(db: sqlite3.Connection, schema: Schema) -> sqlite3.Connection:
    """Return a migrated copy of an older ledger, as a temporary database to read.

    Raises TempSpaceError.
    """
    copy = sqlite3.connect("", isolation_level=None)
    try:
        db.backup(copy)
        schema.migrate(copy, version_of(copy))
        copy.execute("PRAGMA query_only = ON")
    except BaseException as error:
        copy.close()
        # The ledger itself is only read, so that a failed write concerns the copy.
        if isinstance(error, sqlite3.Error) and error.sqlite_errorname in UNWRITTEN:
            failure = "a copy of the older ledger cannot be made"
            raise temp_space_error(failure, sqlite_folder(), error) from error
        raise
    return copy


def keep_copy(db: sqlite3.Connection, file: Path, version: int) -> Path:
    """Copy a ledger beside its file, readable by its owner only; return the path of the copy.

    Earlier copies are not overwritten. The copy is complete and on the disk.
    """
    path = free_name(file, f".v{version}-backup")
    write_copy(db, path)
    return path


def write_copy(db: sqlite3.Connection, path: Path) -> None:
    """Write an open database to a file, which is complete and on the disk afterwards."""
    with replacing_by_path(path) as temporary, filling(temporary) as copy:
        db.backup(copy)


@contextmanager
def filling(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a temporary database file without durability: it is synced once it is complete."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        yield db


def free_name(file: Path, ending: str) -> Path:
    """Return an unused path beside a file, with this ending and, if necessary, a number."""
    names = (f"{file.name}{ending}{'' if n == 1 else f'-{n}'}" for n in count(1))
    return next(path for name in names if not (path := file.with_name(name)).exists())
