"""Groups of checked records: one for each host and reason, with count and first lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ld_import.url_checks.results import UrlResult
from ld_import.url_checks.store import CheckedRecord
from ld_import.validation.finding import Level

FIRST_LINES = 3
# A group takes about half a kilobyte.
MOST_GROUPS = 5_000


@dataclass(slots=True)
class UrlGroup:
    """Records whose URLs have one host and one reason; `lines` are the first three."""

    host: str
    reason: str
    level: Level
    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        """Count a record; records come in the order of their lines."""
        self.count += 1
        if len(self.lines) < FIRST_LINES:
            self.lines.append(line)

    def document(self) -> dict[str, Any]:
        """Return the group as a JSON document."""
        return {
            "host": self.host,
            "reason": self.reason,
            "level": str(self.level),
            "records": self.count,
            "lines": self.lines,
        }


class UrlGroups:
    """Takes checked records one by one and groups them, in bounded memory."""

    def __init__(self) -> None:
        """Start without records."""
        self._groups: dict[tuple[str, str], UrlGroup] = {}
        self.other_count = 0

    def add(self, record: CheckedRecord) -> None:
        """Count a record in the group of each of its reasons."""
        for reason in reasons_of(record.result):
            group = self._group_of(record, reason)
            if group is None:
                self.other_count += 1
            else:
                group.add(record.line)

    def sorted(self) -> list[UrlGroup]:
        """Return the groups, errors and then the largest ones first."""
        return sorted(
            self._groups.values(),
            key=lambda group: (group.level is not Level.ERROR, -group.count, group.host),
        )

    def _group_of(self, record: CheckedRecord, reason: str) -> UrlGroup | None:
        key = (record.host, reason)
        if key not in self._groups:
            if len(self._groups) >= MOST_GROUPS:
                return None
            level = Level.WARNING if record.result.is_good else Level.ERROR
            self._groups[key] = UrlGroup(*key, level)
        return self._groups[key]


def reasons_of(result: UrlResult) -> tuple[str, ...]:
    """Return the reason of a bad URL, or the remarks about a good one."""
    return tuple(result.remarks) if result.is_good else (result.reason,)
