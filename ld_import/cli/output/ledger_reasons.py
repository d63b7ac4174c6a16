"""The items of a ledger grouped by target and cause."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ld_import.model import Invalid, Problem
from ld_import.reasons import Case, Commands, ReasonGroup, ReasonGroups

NAMES = ("server", "project", "kind")
# Files with records only.
WITHOUT_HEADER = (".jsonl", ".ndjson", ".csv", ".tsv", ".xlsx", ".xml")
Row = Mapping[str, Any]


@dataclass(slots=True)
class TargetReasons:
    """The groups of one target; `sources` are at most two of the manifests of its items.

    A source is the name of a manifest, its systemName and its template of the externalId.
    """

    target: tuple[str, str, str]
    ledger: str | None = None
    grouped: ReasonGroups = field(default_factory=ReasonGroups)
    sources: set[tuple[str, str, str | None]] = field(default_factory=set)
    count: int = 0

    def note(self, row: Row) -> None:
        """Count a row, and note its manifest."""
        self.count += 1
        if len(self.sources) < 2:
            self.sources.add((row["manifest"], row["systemName"], row["template"]))

    @property
    def title(self) -> str:
        """The target in words."""
        server, project, kind = self.target
        return f"{kind} on {server}" + (f", project {project}" if project else "")

    @property
    def groups(self) -> list[ReasonGroup]:
        """The groups, the most urgent first."""
        return self.grouped.sorted()

    @property
    def commands(self) -> Commands:
        """The commands of the import, with its manifest if there is only one."""
        kind = self.target[2]
        if len(self.sources) != 1:
            return Commands(kind, ledger=self.ledger)
        ((name, system_name, template),) = self.sources
        if name.startswith("-"):
            return Commands(kind, ledger=self.ledger)
        options = _options(name, system_name, template)
        return Commands(kind, _shown(name), options, self.ledger)

    def documents(self) -> list[dict[str, Any]]:
        """Return the groups as JSON, each with its target."""
        target = dict(zip(NAMES, self.target, strict=True))
        return [{**target, **group.document(self.commands)} for group in self.groups]


def collected(
    cases: Iterable[Row], invalid: Iterable[Row], *, ledger: str | None = None
) -> list[TargetReasons]:
    """Return the groups of rows of `ReasonReader`, by target in the order of the rows.

    `ledger` is the path that the user gave, which the advised commands repeat.
    """
    targets: dict[tuple[str, str, str], TargetReasons] = {}

    def target_of(row: Row) -> TargetReasons:
        key = (row["server"], row["project"], row["kind"])
        target = targets.get(key)
        if target is None:
            target = targets[key] = TargetReasons(key, ledger)
        target.note(row)
        return target

    for row in cases:
        target = target_of(row)
        target.grouped.add(Case(row["state"], row["reason"], row["externalId"], row["line"]))
    for row in invalid:
        target = target_of(row)
        problems = tuple(Problem("", text) for text in json.loads(row["problems"]))
        target.grouped.add_invalid(Invalid(row["line"], row["externalId"], problems))
    return list(targets.values())


def _options(name: str, system_name: str, template: str | None) -> tuple[str, ...]:
    """Return the options of a manifest that has no header of its own."""
    if not name.lower().removesuffix(".gz").endswith(WITHOUT_HEADER):
        return ()
    external_id = () if template is None else ("--external-id", template)
    return ("--system-name", system_name, *external_id)


def _shown(name: str) -> str:
    """Return the path of a manifest, relative to the working directory if it is inside."""
    path, here = Path(name), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else name
