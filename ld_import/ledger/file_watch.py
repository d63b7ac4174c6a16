"""Noticing that the files of a ledger were removed or replaced while a run writes to it.

An open file outlives its name: the run would go on recording, but no later run would find it.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from ld_import.errors import LedgerError
from ld_import.ledger.migrations import free_name, write_copy
from ld_import.ledger.ownership import make_folder

# What SQLite keeps beside a ledger that is in use.
LOG_ENDINGS = ("-wal", "-shm")

Identity = tuple[int, int]


def identity_of(path: Path) -> Identity | None:
    """Return device and inode of a file, `None` if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called before every request; Path.stat takes longer
    except OSError:
        return None
    return found.st_dev, found.st_ino


class FileWatch:
    """The files of an open ledger as they were when it was opened."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        """Remember the files of `db`, which has been written to."""
        self._db = db
        self._path = path
        self._file = Path(os.path.realpath(path))
        self._identity = identity_of(self._file)
        logs = [self._file.with_name(self._file.name + ending) for ending in LOG_ENDINGS]
        self._logs = [(log, found) for log in logs if (found := identity_of(log))]
        self._copy: Path | None = None

    def check(self) -> None:
        """Raise LedgerError if a file was removed or replaced; what was recorded is saved then."""
        if identity_of(self._file) != self._identity:
            what = "replaced by another file" if self._file.exists() else "removed or renamed"
            raise LedgerError(
                f"the ledger {self._path} was {what} while this run was using it; nothing more"
                " was sent",
                hint=self._saved(),
            )
        for log, identity in self._logs:
            if identity_of(log) != identity:
                raise LedgerError(
                    f"{log.name}, which belongs to the ledger {self._path}, was removed or"
                    " replaced while this run was using it; nothing more was sent",
                    hint="leave the files beside a ledger alone while a run is using it; run the"
                    " same command again, it continues",
                )

    def save_again(self) -> None:
        """Save what was recorded after the loss was found, if it was."""
        if self._copy is not None:
            self._saved()

    def _saved(self) -> str:
        """Save all rows beside where the ledger was; return what the user can do."""
        try:
            # The file may only have been moved: then it is complete, too.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            make_folder(self._file.parent)
            self._copy = self._copy or free_name(self._file, ".rescued")
            write_copy(self._db, self._copy)
        except (OSError, sqlite3.Error) as error:
            return (
                f"put the ledger back, or a backup of it; what this run recorded could not be saved"
                f" ({error}), but a further run finds on the server what arrived"
            )
        return (
            f"all that was recorded is in {self._copy}: move it to {self._file}, then run the same"
            " command again; it continues"
        )
