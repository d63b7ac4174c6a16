"""Items that an export cannot contain: the reason, the advice, and their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_EXAMPLES = 3
IMPORTED = ("success", "skipped")
COMPLETE = "the same command with --complete asks the server"


class LeftOut(NamedTuple):
    """The reason to leave an item out, and what to do.

    `is_expected` is True if nothing is missing without the item.
    """

    reason: str
    advice: str
    is_expected: bool = False


@dataclass(slots=True)
class LeftOutGroup:
    """The items with one reason: how many, and the first externalIds."""

    left_out: LeftOut
    count: int = 0
    examples: list[str] = field(default_factory=list)


class LeftOutGroups:
    """Groups the items that are left out by their reason."""

    def __init__(self) -> None:
        """Start without any."""
        self._groups: dict[LeftOut, LeftOutGroup] = {}

    def add(self, left_out: LeftOut, external_id: str | None) -> None:
        """Add an item."""
        group = self._groups.get(left_out)
        if group is None:
            group = self._groups[left_out] = LeftOutGroup(left_out)
        group.count += 1
        if external_id is not None and len(group.examples) < MOST_EXAMPLES:
            group.examples.append(external_id)

    def sorted(self) -> list[LeftOutGroup]:
        """Return the groups, the largest first."""
        return sorted(self._groups.values(), key=lambda group: -group.count)

    @property
    def missed(self) -> int:
        """The number of items without which the export is incomplete."""
        groups = self._groups.values()
        return sum(group.count for group in groups if not group.left_out.is_expected)


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: `width, height and durationSeconds`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def not_imported(row: Mapping[str, Any]) -> LeftOut | None:
    """Return why a row has no medium, `None` if it has one."""
    state = row["state"]
    if state not in IMPORTED:
        advice = f"`ld-import ledger items --state {state}` lists them"
        return LeftOut(f"not imported, the state is {state}", advice)
    if row["mediaId"] is None:
        return LeftOut("the server returned no mediaId", "import them again with --force")
    return None
