"""Detection of a ledger whose files are removed or replaced while a run writes to it.

An open file stays usable without its name: the run would continue to record, and no later run would
find the records.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from ld_import.errors import LedgerError
from ld_import.ledger.migrations import free_name, write_copy
from ld_import.ledger.ownership import make_folder

# The files SQLite keeps beside a ledger in use.
LOG_SUFFIXES = ("-wal", "-shm")

Identity = tuple[int, int]


def identity_of(path: Path) -> Identity | None:
    """Return device and inode of a file, `None` if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - called before every request; Path.stat is slower
    except OSError:
        return None
    return status.st_dev, status.st_ino


class FileWatch:
    """The identities of the files of a ledger at the time it was opened."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        """Record the identities of the files of `db`, which has been written to."""
        self._db = db
        self._path = path
        self._file = Path(os.path.realpath(path))
        self._identity = identity_of(self._file)
        logs = [self._file.with_name(self._file.name + suffix) for suffix in LOG_SUFFIXES]
        self._logs = [(log, identity) for log in logs if (identity := identity_of(log))]
        self._copy: Path | None = None

    def check(self) -> None:
        """Raise LedgerError if a file was removed or replaced, after saving a copy of all rows."""
        if identity_of(self._file) != self._identity:
            change = "replaced by another file" if self._file.exists() else "removed or renamed"
            raise LedgerError(
                f"the ledger {self._path} was {change} while this run was using it; nothing more"
                " was sent",
                hint=self._saved(),
            )
        for log, identity in self._logs:
            if identity_of(log) != identity:
                raise LedgerError(
                    f"{log.name}, which belongs to the ledger {self._path}, was removed or"
                    " replaced while this run was using it; nothing more was sent",
                    hint="do not touch the files beside a ledger while a run is using it; run the"
                    " same command again, it continues",
                )

    def save_again(self) -> None:
        """Update the saved copy with the rows recorded since, if there is a copy."""
        if self._copy is not None:
            self._saved()

    def _saved(self) -> str:
        """Save all rows beside the original path; return the advice for the user."""
        try:
            # If the file was only moved, this completes it.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            make_folder(self._file.parent)
            self._copy = self._copy or free_name(self._file, ".rescued")
            write_copy(self._db, self._copy)
        except (OSError, sqlite3.Error) as error:
            return (
                "restore the ledger or a backup of it; the records of this run could not be saved"
                f" ({error}), but the next run finds on the server which items arrived"
            )
        return (
            f"all records are in {self._copy}: move it to {self._file}, then run the same command"
            " again; it continues"
        )
