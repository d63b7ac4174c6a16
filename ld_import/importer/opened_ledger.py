"""Opens the ledger of a run: locked to write, or read-only for a dry run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from ld_import.importer.new_run import NewRun
from ld_import.ledger import SqliteLedger, exclusive
from ld_import.model import RunStart, Target
from ld_import.redaction import Redactor


class LedgerUser(Protocol):
    """A run, as far as its ledger is concerned."""

    @property
    def ledger_path(self) -> Path:
        """The file."""

    @property
    def target(self) -> Target:
        """The target whose rows are read and written."""

    @property
    def redactor(self) -> Redactor:
        """Removes secrets from what is recorded."""

    def run_start(self, run: NewRun) -> RunStart:
        """Return the ledger's record of the run."""
        ...


@contextmanager
def writing_ledger(spec: LedgerUser, run: NewRun) -> Iterator[SqliteLedger]:
    """Lock the ledger for a run and open it. Raises LedgerLocked naming the run that holds it."""
    with (
        exclusive(spec.ledger_path, spec.run_start(run)) as hold_links,
        closing(_opened(spec, read_only=False)) as ledger,
    ):
        hold_links()
        yield ledger


@contextmanager
def ledger_for(spec: LedgerUser, run: NewRun, *, is_dry_run: bool) -> Iterator[SqliteLedger]:
    """Open the ledger, read-only for a dry run, otherwise locked."""
    if is_dry_run:
        with closing(_opened(spec, read_only=True)) as ledger:
            yield ledger
        return
    with writing_ledger(spec, run) as ledger:
        yield ledger


def _opened(spec: LedgerUser, *, read_only: bool) -> SqliteLedger:
    redact = spec.redactor.redact
    return SqliteLedger(spec.ledger_path, spec.target, read_only=read_only, redact=redact)
