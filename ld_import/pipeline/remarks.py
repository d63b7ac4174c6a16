"""Warnings about the items of a run in groups: one cause is one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ld_import.model import Remark
from ld_import.wording import amount

SHOWN_LINES = 3
# A group for each rule and field: more of them than a project has properties.
MOST_GROUPS = 200


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class RemarkGroup:
    """The warnings of one rule about one field: how many, the first one, and the first lines."""

    first: Remark
    count: int = 0
    lines: list[int] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The group in one line, with the first warning as an example."""
        more = " …" if self.count > len(self.lines) else ""
        where = f"line {', '.join(map(str, self.lines))}{more}"
        return f"{amount(self.count, 'record')} ({where}): {self.first.text}; {self.first.advice}"

    def document(self) -> dict[str, Any]:
        """Return the group for the summary of a run."""
        return {
            "rule": self.first.rule,
            "field": self.first.field,
            "count": self.count,
            "lines": list(self.lines),
            "text": self.first.text,
            "advice": self.first.advice,
        }


class RemarkGroups:
    """Counts warnings by rule and field, in constant memory."""

    def __init__(self) -> None:
        """Begin without groups."""
        self._groups: dict[tuple[str, str], RemarkGroup] = {}
        self.further_count = 0

    def add(self, remark: Remark) -> None:
        """Count a warning."""
        key = (remark.rule, remark.field)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MOST_GROUPS:
                self.further_count += 1
                return
            group = self._groups[key] = RemarkGroup(remark)
        group.count += 1
        if len(group.lines) < SHOWN_LINES and remark.line not in group.lines:
            group.lines.append(remark.line)

    def sentences(self) -> Iterator[str]:
        """Yield one line for each group, the largest first."""
        yield from (group.sentence for group in self._sorted())
        if self.further_count:
            yield f"{amount(self.further_count, 'further warning')} about other fields"

    def documents(self) -> list[dict[str, Any]]:
        """Return the groups for the summary of a run, the largest first."""
        return [group.document() for group in self._sorted()]

    def _sorted(self) -> list[RemarkGroup]:
        return sorted(self._groups.values(), key=lambda group: -group.count)
