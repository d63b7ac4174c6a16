"""A listener that groups the failures, skips and invalid records of a run by their causes."""

from __future__ import annotations

from typing import Any, Self

from ld_import.cli.options import ImportFlags
from ld_import.cli.output.findings import group_documents, print_groups
from ld_import.cli.output.reason_lines import print_reasons
from ld_import.events import Event, Rejected, Settled
from ld_import.importer.spec import ImportSpec
from ld_import.manifest import STANDARD_INPUT
from ld_import.model import State
from ld_import.reasons import Case, Commands, ReasonGroups
from ld_import.validation import FindingGroups, finding_from

GROUPED = (State.FAILED, State.SKIPPED)
# The summary counts the items of earlier runs as unchanged or failed before.
FROM_BEFORE = " (sent by an earlier run)"


def commands_of(spec: ImportSpec, flags: ImportFlags) -> Commands:
    """Return the commands that continue an import, with the options that identify its items."""
    if spec.manifest.path == STANDARD_INPUT:
        return Commands(spec.kind)
    values = {
        "--system-name": flags.system_name,
        "--external-id": flags.external_id,
        "--format": flags.format_name,
        "--delimiter": flags.delimiter,
        "--sheet": flags.sheet,
        "--profile": flags.profile,
        "--config": flags.config,
    }
    given = [(name, str(value)) for name, value in values.items() if value is not None]
    options = tuple(word for option in given for word in option)
    ledger = None if flags.ledger is None else str(flags.ledger)
    return Commands(spec.kind, str(spec.manifest.path), options, ledger)


class RunGroups:
    """Takes the events of a run, and prints the groups at its end; memory is bounded."""

    def __init__(self, file: str, commands: Commands) -> None:
        """Name lines by this file, and advise these commands."""
        self._file = file
        self._commands = commands
        self._invalid = FindingGroups()
        self._reasons = ReasonGroups()
        self._number = 0

    def __call__(self, event: Event) -> None:
        """Group the problems of an invalid record, and the items that failed or were skipped."""
        if isinstance(event, Rejected):
            self._number += 1
            for problem in event.record.problems:
                self._invalid.add(finding_from(event.record, problem, self._number))
        elif isinstance(event, Settled):
            since = FROM_BEFORE if event.is_resumed else ""
            for outcome in event.outcomes:
                if outcome.state in GROUPED:
                    case = Case(outcome.state, outcome.reason, outcome.key.external_id)
                    self._reasons.add(case, since)

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Do nothing."""

    def print(self, *, shows_all: bool) -> None:
        """Print the groups; nothing if all records were imported."""
        print_reasons(
            self._reasons.sorted(),
            self._commands,
            shows_all=shows_all,
            more="-v or `ld-import ledger reasons` shows all",
        )
        print_groups(
            self._invalid.sorted(),
            self._file,
            shows_all=shows_all,
            more="-v or `ld-import validate` shows all",
        )

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """Return the groups as members of a JSON summary."""
        return {
            "reasons": [group.document(self._commands) for group in self._reasons.sorted()],
            "invalidGroups": group_documents(self._invalid.sorted()),
        }
