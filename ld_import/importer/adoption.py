"""Looks up the pairs of a manifest, and records the entries found in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ld_import.importer.session import for_each
from ld_import.importer.spec import ImportSpec
from ld_import.kinds.adoption import Comparison, compared
from ld_import.kinds.field_hashes import hashes_from
from ld_import.kinds.media_facts import facts_from_entry
from ld_import.kinds.proof import id_alone
from ld_import.ledger import SqliteLedger
from ld_import.model import (
    Content,
    Decision,
    Invalid,
    Item,
    Leave,
    LeaveReason,
    Outcome,
    Send,
    State,
)
from ld_import.pipeline.planning.plan import Planner
from ld_import.pipeline.shutdown import StoppableClock

if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient

# Their rows are one transaction; after a stop, at most so many look-ups are repeated.
GROUP_ITEMS = 50
ADOPTED = "adopted: found on the server with all that entries show of its record"
DIFFERENT = "adopted: already exists; the server keeps other content"
SHOWN_DIFFERENCES = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry on the server that differs from its record, and the names of the properties."""

    external_id: str
    line: int
    media_id: str | None
    fields: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the difference as JSON."""
        return {
            "externalId": self.external_id,
            "line": self.line,
            "mediaId": self.media_id,
            "fields": list(self.fields),
        }


@dataclass(frozen=True, slots=True)
class AdoptProgress:
    """The counts so far, and the share of the manifest that was read, if known."""

    counts: Mapping[str, int]
    share_read: float | None


class Adoption:
    """Looks up the items that the ledger does not know, and records those that exist."""

    def __init__(
        self,
        spec: ImportSpec,
        client: LivingdocsClient,
        ledger: SqliteLedger | None,
        clock: StoppableClock,
        on_progress: Callable[[AdoptProgress], None],
    ) -> None:
        """Record into `ledger`, or nothing without one."""
        self.counts: Counter[str] = Counter()
        self.differences: list[Difference] = []
        self.archived_rows: frozenset[int] = frozenset()
        self._spec = spec
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._on_progress = on_progress
        self._left_to_look_up = spec.limit

    @property
    def has_trouble(self) -> bool:
        """Whether anything needs attention before the next import."""
        return bool(self.counts["different"] or self.counts["invalid"])

    async def run(self, planner: Planner) -> None:
        """Look up all records of the manifest; raises the errors of client, manifest, ledger."""
        group: list[Item] = []
        with closing(self._spec.manifest.records()) as records:
            for chunk in planner.chunks(records):
                await self._clock.checkpoint()
                self.counts["read"] += chunk.read
                group += self._wanted(chunk.decisions)
                while len(group) >= GROUP_ITEMS:
                    await self._adopt(group[:GROUP_ITEMS])
                    del group[:GROUP_ITEMS]
        await self._adopt(group)
        if self._ledger is not None:
            self._ledger.note_digests()

    def _wanted(self, decisions: Iterable[Decision]) -> Iterator[Item]:
        """Yield the items to look up, and count all others."""
        for decision in decisions:
            if isinstance(decision, Invalid):
                self.counts["invalid"] += 1
            elif isinstance(decision, Leave):
                self.counts[_left_as(decision)] += decision.count
            elif word := self._left_unread(decision):
                self.counts[word] += 1
            else:
                yield decision.item

    def _left_unread(self, send: Send) -> str | None:
        known = send.known
        if known is not None and known.state in (State.SUCCESS, State.SKIPPED):
            # Its entry is recorded already; the import sends the new content.
            return "known"
        if known is not None and known.row in self.archived_rows:
            return "archived"
        if self._left_to_look_up is not None:
            if self._left_to_look_up == 0:
                return "notLookedUp"
            self._left_to_look_up -= 1
        return None

    async def _adopt(self, items: list[Item]) -> None:
        """Look up items, and record those found in one transaction, also before an error."""
        found: dict[int, Comparison] = {}

        async def look_up(at: int) -> None:
            await self._clock.checkpoint()
            found[at] = compared(items[at], await self._entry_of(items[at]))

        try:
            await for_each(range(len(items)), look_up, parallel=self._spec.parallel)
        finally:
            self._record([(items[at], found[at]) for at in sorted(found)])

    async def _entry_of(self, item: Item) -> dict[str, Any] | None:
        own_id = id_alone(item.body)
        if own_id is None:
            return await self._client.find_entry(*item.key)
        entry = await self._client.entry(own_id)
        return None if entry is None or "externalId" in entry else entry

    def _record(self, found: list[tuple[Item, Comparison]]) -> None:
        existing = [(item, one) for item, one in found if one.entry is not None]
        if existing and self._ledger is not None:
            self._ledger.record_adopted(
                [item for item, _ in existing],
                [item.field_hashes or hashes_from(item.body) for item, _ in existing],
                [_outcome(item, one) for item, one in existing],
                self._clock.now(),
            )
        for item, one in found:
            self.counts[one.word] += 1
            if one.different and len(self.differences) < SHOWN_DIFFERENCES:
                self.differences.append(
                    Difference(item.key.external_id, item.line, one.media_id, one.different)
                )
        share = self._spec.manifest.position()
        self._on_progress(AdoptProgress(self.counts, share))


def _left_as(leave: Leave) -> str:
    if leave.reason is LeaveReason.REPEATED:
        return "repeated"
    return "notLookedUp" if leave.reason is LeaveReason.HELD_BACK else "known"


def _outcome(item: Item, one: Comparison) -> Outcome:
    reason = f"{DIFFERENT}: {one.shown_fields}" if one.different else ADOPTED
    return Outcome(
        item.key,
        State.SKIPPED if one.different else State.SUCCESS,
        reason,
        one.media_id,
        is_existing=True,
        content=Content.OTHER if one.different else Content.SAME,
        facts=facts_from_entry(one.entry or {}),
    )
