"""Checks the manifest that `init` wrote, by the code that validates and imports it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ld_import.cli.config.file import Config
from ld_import.cli.config.resolve_validation import resolve_validation
from ld_import.cli.options import ImportFlags
from ld_import.events import Event, Rejected
from ld_import.importer.dry_run import decide_all
from ld_import.ledger import SqliteLedger
from ld_import.manifest.files import name_of
from ld_import.model import LeaveReason

SHOWN_PROBLEMS = 3


@dataclass(slots=True)
class Checked:
    """Counts of the records, and the first problems with file and line."""

    read: int = 0
    invalid: int = 0
    repeated: int = 0
    texts: list[str] = field(default_factory=list)


def check_written(path: Path, kind: str) -> Checked:
    """Decide about every record of a manifest as a first import would, without a server."""
    spec = resolve_validation(ImportFlags(manifest=path), kind, Config())
    checked = Checked()
    where = name_of(spec.manifest.records_path)

    def listen(event: Event) -> None:
        if isinstance(event, Rejected) and len(checked.texts) < SHOWN_PROBLEMS:
            for problem in event.record.problems:
                checked.texts.append(f"{where}:{event.record.line}: {problem.text}")

    with closing(SqliteLedger(spec.ledger_path, spec.target, read_only=True)) as ledger:
        tally = decide_all(spec, ledger, listen, is_guarded=False).tally
    checked.read, checked.invalid = tally.read, tally.invalid
    checked.repeated = tally.left[LeaveReason.REPEATED]
    return checked
