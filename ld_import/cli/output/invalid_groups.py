"""A listener that groups the invalid records of a run by their problems."""

from __future__ import annotations

from typing import Any, Self

from ld_import.cli.output.findings import group_documents, print_groups
from ld_import.events import Event, Rejected
from ld_import.validation import FindingGroups, finding_from


class InvalidGroups:
    """Takes the events of a run, and prints the groups of its invalid records at the end."""

    def __init__(self, file: str) -> None:
        """Name lines by this file."""
        self._file = file
        self._groups = FindingGroups()

    def __call__(self, event: Event) -> None:
        """Group the problems of an invalid record."""
        if isinstance(event, Rejected):
            for problem in event.record.problems:
                self._groups.add(finding_from(event.record, problem))

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Do nothing."""

    def print(self, *, shows_all: bool) -> None:
        """Print the groups; nothing without invalid records."""
        print_groups(
            self._groups.sorted(),
            self._file,
            shows_all=shows_all,
            more="-v or `ld-import validate` shows all",
        )

    def documents(self) -> list[dict[str, Any]]:
        """Return the groups as JSON documents."""
        return group_documents(self._groups.sorted())
