"""The condition of a ledger file, found without writing a byte beside or into it.

Reading in the usual way makes SQLite create the files that it shares with a writer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ld_import.errors import LedgerError
from ld_import.ledger.connect import checked_version, has_log, opened
from ld_import.ledger.corruption import CorruptValue, check_pages, check_size, ledger_errors
from ld_import.ledger.lock import holder_of
from ld_import.ledger.migrations import SCHEMA

# The pages of a file of this size are read in about two seconds.
LARGEST_CHECKED_BYTES = 1024**3
# https://www.sqlite.org/fileformat2.html#the_database_header
MAGIC = b"SQLite format 3\x00"
HEADER_BYTES = 100
VERSION_AT = slice(60, 64)


@dataclass(frozen=True, slots=True)
class LedgerCondition:
    """The condition of a usable ledger.

    `holder` describes the run that holds it, `None` without one. `is_checked` means that its pages
    were read and are intact; `has_log` that a run was killed, or is active.
    """

    schema_version: int
    newest_version: int
    byte_count: int
    item_count: int | None
    holder: str | None
    has_log: bool
    is_checked: bool


def examine(path: Path) -> LedgerCondition:
    """Return the condition of an existing ledger. Raises LedgerError for an unusable one."""
    file = Path(os.path.realpath(path))
    with ledger_errors(path):
        holder, is_logged, byte_count = holder_of(path), has_log(file), file.stat().st_size
        if holder is not None or is_logged:
            # SQLite would have to write to its shared memory, and a writer changes the file.
            version, item_count, is_checked = _version_in_header(file, path), None, False
        else:
            version, item_count, is_checked = _read(file, path, byte_count)
    return LedgerCondition(
        schema_version=version,
        newest_version=SCHEMA.version,
        byte_count=byte_count,
        item_count=item_count,
        holder=holder,
        has_log=is_logged,
        is_checked=is_checked,
    )


def _read(file: Path, path: Path, byte_count: int) -> tuple[int, int, bool]:
    with opened(f"{file.as_uri()}?mode=ro&immutable=1") as db:
        try:
            version = checked_version(db, path)
            is_small = byte_count <= LARGEST_CHECKED_BYTES
            if is_small:
                check_size(db, byte_count)
                check_pages(db, is_thorough=False)
            (item_count,) = db.execute("SELECT count(*) FROM item").fetchone()
            return version, item_count, is_small
        finally:
            db.close()


def _version_in_header(file: Path, path: Path) -> int:
    with file.open("rb") as opened_file:
        header = opened_file.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise CorruptValue("file is not a database")
    version = int.from_bytes(header[VERSION_AT])
    if not 1 <= version <= SCHEMA.version:
        raise LedgerError(
            f"the ledger {path} has the schema {version}; this ld-import knows 1 to"
            f" {SCHEMA.version}",
            hint="update ld-import, or name another file with --ledger",
        )
    return version
