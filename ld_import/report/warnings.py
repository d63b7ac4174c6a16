"""Warnings of a run about records that were sent, in groups: from the summary of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ld_import.report.facts import RunFacts


@dataclass(frozen=True, slots=True)
class Warned:
    """Records with one warning: how many, the warning about the first one, and the first lines."""

    count: int
    text: str
    advice: str
    lines: tuple[int, ...]


def warnings_of(run: RunFacts) -> Iterator[Warned]:
    """Yield the groups in the summary of a run, in its order."""
    preflight = run.summary.get("preflight")
    groups = preflight.get("warnings") if isinstance(preflight, Mapping) else None
    for group in groups if isinstance(groups, list) else ():
        if isinstance(group, Mapping):
            yield _warned(group)


def _warned(group: Mapping[str, Any]) -> Warned:
    lines = group.get("lines")
    return Warned(
        count=int(group.get("count") or 0),
        text=str(group.get("text") or ""),
        advice=str(group.get("advice") or ""),
        lines=tuple(map(int, lines)) if isinstance(lines, list) else (),
    )
