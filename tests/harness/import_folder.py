"""A working directory: the import that its settings resolve to, and its ledger as tests read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ld_import.cli.config.resolve import resolve_import
from ld_import.cli.options import ImportFlags
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import LedgerReader

Row = dict[str, Any]


class ImportFolder:
    """A directory with a ledger, from which tests import into the server at `url`."""

    folder: Path
    url: str

    @property
    def ledger_path(self) -> Path:
        """The path of the ledger, which is the default of all commands."""
        return self.folder / ".ld-import" / "ledger.sqlite3"

    def spec(self, manifest: Path, kind: str = "videos", **flags: Any) -> ImportSpec:
        """Return an import as the command of this kind resolves it."""
        given = ImportFlags(manifest=manifest, server=self.url, ledger=self.ledger_path, **flags)
        return resolve_import(kind, given).spec

    def rows(self) -> dict[str | int, Row]:
        """Return every item by its externalId, and every invalid record by its line."""
        with LedgerReader(self.ledger_path) as reader:
            found = list(reader.items())
        rows = {row["externalId"] or row["line"]: row for row in found}
        assert len(rows) == len(found)
        return rows

    def states(self) -> dict[Any, str]:
        """Return the state of every row."""
        return {name: row["state"] for name, row in self.rows().items()}

    def history(self, external_id: str) -> list[Row]:
        """Return the attempts at one item, oldest first."""
        with LedgerReader(self.ledger_path) as reader:
            (item,) = reader.show(external_id)
        return list(item["history"])

    def ledger_runs(self) -> list[Row]:
        """Return the runs, newest first."""
        with LedgerReader(self.ledger_path) as reader:
            return reader.runs()

    def ledger_jobs(self) -> list[Row]:
        """Return the recorded jobs, newest first."""
        with LedgerReader(self.ledger_path) as reader:
            return reader.jobs()

    def open_jobs(self) -> list[Row]:
        """Return the recorded jobs that are not settled."""
        return [job for job in self.ledger_jobs() if job["settledAt"] is None]
