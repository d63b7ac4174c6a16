"""Groups of items by state and cause, in bounded memory: one cause is one group.

The rule that takes sentences apart is that of findings, in `validation`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ld_import.model import Invalid
from ld_import.reasons.next_steps import Commands, advice_for
from ld_import.validation import Finding, FindingGroups, Group, Level, finding_from

FIRST_ITEMS = 3
# For each state; a server that words every failure differently does not fill the memory.
MOST_CAUSES = 1_000
# The most urgent first. The report of a run has two states more than a ledger.
FAILED_BEFORE, OPEN = "failed before", "open"
ORDER = (
    "failed",
    FAILED_BEFORE,
    "invalid",
    "refused",
    "lost",
    "submitted",
    OPEN,
    "pending",
    "skipped",
    "success",
)
NO_REASON = {
    "failed": "the server gave no reason",
    FAILED_BEFORE: "the server gave no reason",
    "refused": "the server refused the whole request",
    "lost": "the result is not known",
    "submitted": "the job has not ended",
    OPEN: "the job has not ended",
    "pending": "the request was not answered",
    "skipped": "already exists",
    "success": "created or updated",
}


class Case(NamedTuple):
    """One item in a state, and the reason; `line` is 0 if unknown."""

    state: str
    reason: str | None
    external_id: str | None
    line: int = 0

    @property
    def text(self) -> str:
        """The reason, or what its absence means in this state."""
        return self.reason or NO_REASON.get(self.state, self.state)


class FirstItem(NamedTuple):
    """One of the first items of a group."""

    external_id: str | None
    line: int


@dataclass(slots=True, eq=False)
class ReasonGroup:
    """Items of one state with one cause; `remark` is about the state, empty for most.

    `items` are the first ones whose externalId or line is known.
    """

    state: str
    cause: Group
    remark: str = ""
    items: list[FirstItem] = field(default_factory=list)
    count: int = 0

    @property
    def text(self) -> str:
        """The cause, with `…` for each value that differs between the items."""
        return f"{self.cause.sentence}{self.remark}"

    def advice(self, commands: Commands) -> str:
        """Return what to do about the items, with the command to run."""
        return self.cause.advice or advice_for(self.state, self.cause.text, commands)

    def document(self, commands: Commands) -> dict[str, Any]:
        """Return the group as JSON."""
        return {
            "state": self.state,
            "count": self.count,
            "text": self.text,
            "advice": self.advice(commands),
            "items": [
                {"externalId": item.external_id, "line": item.line or None} for item in self.items
            ],
        }


class ReasonGroups:
    """Takes items one by one and groups them."""

    def __init__(self) -> None:
        """Start without items."""
        self._causes: dict[tuple[str, str], FindingGroups] = {}
        self._groups: dict[tuple[str, str, str], ReasonGroup] = {}
        self._number = 0

    def add(self, case: Case, remark: str = "", *, count: int = 1) -> ReasonGroup:
        """Count so many items in a group, and return it.

        Groups with different remarks are separate.
        """
        self._number += 1
        # The number instead of the line: a line counts once, and it can be unknown.
        finding = Finding(Level.ERROR, self._number, case.external_id, "", case.text)
        item = FirstItem(case.external_id, case.line)
        group = self._group_of((case.state, remark), finding, item)
        group.count += count
        return group

    def add_invalid(self, record: Invalid) -> list[ReasonGroup]:
        """Count a record in the group of each of its problems, and return these groups."""
        self._number += 1
        numbered = Invalid(self._number, record.external_id, record.problems)
        item = FirstItem(record.external_id, record.line)
        findings = (finding_from(numbered, problem) for problem in record.problems)
        found = (self._group_of(("invalid", ""), finding, item) for finding in findings)
        groups = list(dict.fromkeys(found))
        for group in groups:
            group.count += 1
        return groups

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._groups)

    def sorted(self) -> list[ReasonGroup]:
        """Return the groups: the most urgent state first, then by number of items."""
        return sorted(self._groups.values(), key=lambda group: (_rank(group.state), -group.count))

    def _group_of(self, about: tuple[str, str], finding: Finding, item: FirstItem) -> ReasonGroup:
        causes = self._causes.get(about)
        if causes is None:
            causes = self._causes[about] = FindingGroups(most=MOST_CAUSES)
        cause = causes.add(finding)
        group = self._groups.get((*about, cause.id))
        if group is None:
            state, remark = about
            group = self._groups[*about, cause.id] = ReasonGroup(state, cause, remark)
        if any(item) and len(group.items) < FIRST_ITEMS and item not in group.items:
            group.items.append(item)
        return group


def _rank(state: str) -> int:
    return ORDER.index(state) if state in ORDER else len(ORDER)
