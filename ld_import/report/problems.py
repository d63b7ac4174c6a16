"""The items of a run that need attention: in groups by cause, and a bounded selection of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ld_import.model import Invalid, Problem
from ld_import.reasons import Case, Commands, ReasonGroup, ReasonGroups
from ld_import.reasons.groups import OPEN
from ld_import.report.facts import RunFacts

MOST_ROWS = 1_000
# While reading, a group keeps so many rows, and fewer when all groups keep MOST_KEPT.
MOST_KEPT = 10_000
FEW_ROWS = 3
SHOWN_GROUPS = 200
SKIPPED = "skipped"
STATES = {"pending": OPEN, "submitted": OPEN, "open since an earlier run": OPEN}


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One item or invalid record; `groups` are the ids of its groups."""

    state: str
    external_id: str
    line: int
    reason: str
    file_name: str
    url: str
    job_id: str
    attempts: int
    now: str
    groups: tuple[str, ...]


@dataclass(slots=True)
class ProblemGroup:
    """A group of items, and those of its rows that can be listed."""

    id: str
    reason: ReasonGroup
    commands: Commands
    rows: list[ProblemRow] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The state of the items."""
        return self.reason.state

    @property
    def sentence(self) -> str:
        """The cause."""
        return self.reason.text

    @property
    def count(self) -> int:
        """Number of items."""
        return self.reason.count

    @property
    def advice(self) -> str:
        """The next step; commands are in backticks."""
        return self.reason.advice(self.commands)

    @property
    def lines(self) -> list[int]:
        """Lines of the first items."""
        return list(dict.fromkeys(item.line for item in self.reason.items if item.line))

    @property
    def examples(self) -> list[str]:
        """The externalIds of the first items."""
        return [item.external_id for item in self.reason.items if item.external_id]


@dataclass(frozen=True, slots=True)
class Problems:
    """Groups, the largest first within a state, and the listed rows.

    - `total` counts all items but the skipped ones, and `invalid` the invalid records among them.
    - `group_count` counts all groups, of which `groups` has the first ones.
    """

    groups: tuple[ProblemGroup, ...] = ()
    rows: tuple[ProblemRow, ...] = ()
    total: int = 0
    invalid: int = 0
    skipped: int = 0
    group_count: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every item but the skipped ones is listed."""
        return len(self.rows) - self.skipped_rows == self.total

    @property
    def skipped_rows(self) -> int:
        """Number of skipped items that are listed."""
        return sum(row.state == SKIPPED for row in self.rows)


class ProblemCollector:
    """Takes the rows of a ledger one by one, in bounded memory."""

    def __init__(self, run: RunFacts) -> None:
        """Start without rows."""
        self._commands = run.commands
        self._reasons = ReasonGroups()
        self._groups: dict[ReasonGroup, ProblemGroup] = {}
        self._kept = 0
        self._total = 0
        self._invalid = 0
        self._skipped = 0

    def add_item(self, row: Mapping[str, Any]) -> None:
        """Count an item, given as a row of `RunReader.problems`."""
        self._total += 1
        self._add(row, 1)

    def add_skipped(self, row: Mapping[str, Any]) -> None:
        """List a skipped item, which `count_skipped` counts."""
        self._add(row, 0)

    def count_skipped(self, row: Mapping[str, Any]) -> None:
        """Count skipped items by reason, given as a row of `RunReader.skip_reasons`."""
        self._skipped += row["count"]
        self._reasons.add(Case(SKIPPED, row["reason"], None), count=row["count"])

    def _add(self, row: Mapping[str, Any], count: int) -> None:
        state = STATES.get(row["state"], row["state"])
        case = Case(state, row["reason"], row["externalId"], row["line"])
        self._keep(row, state, case.text, [self._reasons.add(case, count=count)])

    def add_invalid(self, row: Mapping[str, Any]) -> None:
        """Count an invalid record, given as a row of `RunReader.invalid`."""
        self._total += 1
        self._invalid += 1
        texts = json.loads(row["problems"])
        record = Invalid(row["line"], row["externalId"], tuple(Problem("", text) for text in texts))
        self._keep(row, "invalid", "; ".join(texts), self._reasons.add_invalid(record))

    def result(self, limit: int = MOST_ROWS) -> Problems:
        """Return the groups, and rows of all groups up to the limit."""
        groups = [self._group_of(reason) for reason in self._reasons.sorted()]
        rows = tuple(_selected(groups, limit))
        return Problems(
            groups=tuple(groups[:SHOWN_GROUPS]),
            rows=rows,
            total=self._total,
            invalid=self._invalid,
            skipped=self._skipped,
            group_count=len(groups),
        )

    def _group_of(self, reason: ReasonGroup) -> ProblemGroup:
        group = self._groups.get(reason)
        if group is None:
            name = f"g{len(self._groups) + 1}"
            group = self._groups[reason] = ProblemGroup(name, reason, self._commands)
        return group

    def _keep(
        self, row: Mapping[str, Any], state: str, reason: str, reasons: list[ReasonGroup]
    ) -> None:
        groups = [self._group_of(one) for one in reasons]
        most = MOST_ROWS if self._kept < MOST_KEPT else FEW_ROWS
        if len(groups[0].rows) < most:
            self._kept += 1
            names = tuple(group.id for group in groups)
            groups[0].rows.append(_row_of(row, state, reason, names))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemSource:
    """The rows of `RunReader` about a run; `skipped` are the first ones."""

    items: Iterable[Mapping[str, Any]] = ()
    invalid: Iterable[Mapping[str, Any]] = ()
    skipped: Iterable[Mapping[str, Any]] = ()
    skip_reasons: Iterable[Mapping[str, Any]] = ()


def collected(run: RunFacts, source: ProblemSource) -> Problems:
    """Return the problems of a run."""
    collector = ProblemCollector(run)
    for add, rows in (
        (collector.add_item, source.items),
        (collector.add_invalid, source.invalid),
        (collector.count_skipped, source.skip_reasons),
        (collector.add_skipped, source.skipped),
    ):
        for row in rows:
            add(row)
    return collector.result()


def as_item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `RunReader.invalid` with the columns of an item."""
    return {**row, "state": "invalid", "reason": "; ".join(json.loads(row["problems"]))}


def _row_of(row: Mapping[str, Any], state: str, reason: str, groups: tuple[str, ...]) -> ProblemRow:
    return ProblemRow(
        state=state,
        external_id=row["externalId"] or "",
        line=row["line"],
        reason=reason,
        file_name=row.get("fileName") or "",
        url=row.get("url") or "",
        job_id=row.get("jobId") or "",
        attempts=row.get("attempts") or 0,
        now=_changed_state(state, row.get("now") or state),
        groups=groups,
    )


def _changed_state(state: str, now: str) -> str:
    """Return the state at present, empty if it is that of the run."""
    present = STATES.get(now, now)
    return "" if present == state.removesuffix(" before") else present


def _selected(groups: list[ProblemGroup], limit: int) -> Iterator[ProblemRow]:
    """Yield rows of the groups in their order, and of each group as many as fit for all."""
    shares = _shares([len(group.rows) for group in groups], limit)
    for group, share in zip(groups, shares, strict=True):
        yield from group.rows[:share]


def _shares(sizes: list[int], limit: int) -> list[int]:
    """Return how many of each size to take: all of small ones, an equal part of large ones."""
    shares = [0] * len(sizes)
    left = limit
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    for position, at in enumerate(order):
        shares[at] = min(sizes[at], left // (len(order) - position))
        left -= shares[at]
    return shares
