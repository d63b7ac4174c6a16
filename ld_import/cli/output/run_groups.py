"""A listener that groups the failures, skips and invalid records of a run by their causes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ld_import.cli.options import ImportFlags
from ld_import.created import outcomes_in
from ld_import.events import Event, Rejected, Settled
from ld_import.importer.spec import ImportSpec
from ld_import.manifest import STANDARD_INPUT
from ld_import.model import Invalid, Outcome, State
from ld_import.reasons import Commands

# Imported when there is something to group, which most runs do not have.
if TYPE_CHECKING:
    from ld_import.reasons import ReasonGroups
    from ld_import.validation import FindingGroups

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
        self._invalid: FindingGroups | None = None
        self._reasons: ReasonGroups | None = None
        self._number = 0

    def __call__(self, event: Event) -> None:
        """Group the problems of an invalid record, and the items that failed or were skipped."""
        if isinstance(event, Rejected):
            self._add_invalid(event.record)
        elif isinstance(event, Settled):
            since = FROM_BEFORE if event.is_resumed else ""
            for outcome in outcomes_in(event.outcomes, GROUPED):
                self._add_reason(outcome, since)

    def _add_invalid(self, record: Invalid) -> None:
        from ld_import.validation import FindingGroups, finding_from

        if self._invalid is None:
            self._invalid = FindingGroups()
        self._number += 1
        for problem in record.problems:
            self._invalid.add(finding_from(record, problem, self._number))

    def _add_reason(self, outcome: Outcome, since: str) -> None:
        from ld_import.reasons import Case, ReasonGroups

        if self._reasons is None:
            self._reasons = ReasonGroups()
        self._reasons.add(Case(outcome.state, outcome.reason, outcome.key.external_id), since)

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Do nothing."""

    def print(self, *, shows_all: bool) -> None:
        """Print the groups; nothing if all records were imported."""
        if self._reasons is not None:
            from ld_import.cli.output.reason_lines import print_reasons

            print_reasons(
                self._reasons.sorted(),
                self._commands,
                shows_all=shows_all,
                more="-v or `ld-import ledger reasons` shows all",
            )
        if self._invalid is not None:
            from ld_import.cli.output.findings import print_groups

            print_groups(
                self._invalid.sorted(),
                self._file,
                shows_all=shows_all,
                more="-v or `ld-import validate` shows all",
            )

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """Return the groups as members of a JSON summary."""
        documents: dict[str, list[dict[str, Any]]] = {"reasons": [], "invalidGroups": []}
        if self._reasons is not None:
            groups = self._reasons.sorted()
            documents["reasons"] = [group.document(self._commands) for group in groups]
        if self._invalid is not None:
            from ld_import.cli.output.findings import group_documents

            documents["invalidGroups"] = group_documents(self._invalid.sorted())
        return documents
