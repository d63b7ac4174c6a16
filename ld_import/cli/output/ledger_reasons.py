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
Row = Mapping[str, Any]


@dataclass(slots=True)
class TargetReasons:
    """The groups of one target; `manifests` has at most two names of the manifests of its items."""

    target: tuple[str, str, str]
    grouped: ReasonGroups = field(default_factory=ReasonGroups)
    manifests: set[str] = field(default_factory=set)
    count: int = 0

    def note(self, row: Row) -> None:
        """Count a row, and note its manifest."""
        self.count += 1
        if len(self.manifests) < 2:
            self.manifests.add(row["manifest"])

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
        if len(self.manifests) != 1:
            return Commands(kind)
        (name,) = self.manifests
        return Commands(kind, None if name.startswith("-") else _shown(name))

    def documents(self) -> list[dict[str, Any]]:
        """Return the groups as JSON, each with its target."""
        target = dict(zip(NAMES, self.target, strict=True))
        return [{**target, **group.document(self.commands)} for group in self.groups]


def collected(cases: Iterable[Row], invalid: Iterable[Row]) -> list[TargetReasons]:
    """Return the groups of rows of `ReasonReader`, by target in the order of the rows."""
    targets: dict[tuple[str, str, str], TargetReasons] = {}
    for row in cases:
        target = _target_of(row, targets)
        target.grouped.add(Case(row["state"], row["reason"], row["externalId"], row["line"]))
    for row in invalid:
        target = _target_of(row, targets)
        problems = tuple(Problem("", text) for text in json.loads(row["problems"]))
        target.grouped.add_invalid(Invalid(row["line"], row["externalId"], problems))
    return list(targets.values())


def _target_of(row: Row, targets: dict[tuple[str, str, str], TargetReasons]) -> TargetReasons:
    key = (row["server"], row["project"], row["kind"])
    target = targets.get(key)
    if target is None:
        target = targets[key] = TargetReasons(key)
    target.note(row)
    return target


def _shown(name: str) -> str:
    """Return the path of a manifest, relative to the working directory if it is inside."""
    path, here = Path(name), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else name
