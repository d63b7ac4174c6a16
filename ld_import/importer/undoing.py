"""Archives the entries that one run created, in groups, each recorded before its requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ld_import.errors import AnswerLost, RequestRefused, ServerUnavailable
from ld_import.importer.session import for_each
from ld_import.importer.undo_evidence import (
    CHANGED,
    NO_ENTRY,
    OTHER_ENTRY,
    Found,
    NothingToDo,
    Refusal,
    before_reading,
    digest_of,
    found_after,
    of_entry,
    version_of,
)
from ld_import.kinds.patches import Patch
from ld_import.ledger import SqliteLedger
from ld_import.model import Archiving, CreatedItem, ItemKey
from ld_import.pipeline.delivery.attempts import TOTAL_SECONDS, Attempts, wait_seconds
from ld_import.pipeline.shutdown import StoppableClock

if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient

Entry = dict[str, Any]

# As many ids as one request for entries has.
GROUP_ITEMS = 40
# After a lost answer the entry is read again, which shows whether it is archived.
PATCHINGS = 3
SHOWN_EXAMPLES = 5
ARCHIVE = {"operation": "archive"}
MEANWHILE = "its version changed while this command ran"


@dataclass(slots=True)
class Refusals:
    """The refused items of one reason: their number, and the first of them."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class UndoCounts:
    """The counts of an undo."""

    examined: int = 0
    archived: int = 0
    archived_before: int = 0
    not_created: int = 0
    refusals: dict[str, Refusals] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """The number of items that were left for a reason."""
        return sum(each.count for each in self.refusals.values())

    def refuse(self, key: ItemKey, media_id: str | None, refusal: Refusal) -> None:
        """Count an item that is left."""
        group = self.refusals.setdefault(refusal.reason, Refusals())
        group.count += 1
        if len(group.examples) < SHOWN_EXAMPLES:
            example = {"externalId": key.external_id, "mediaId": media_id}
            group.examples.append(example | ({"detail": refusal.detail} if refusal.detail else {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoOptions:
    """The options of an undo; `is_dry_run` reads and judges only."""

    parallel: int
    is_dry_run: bool
    on_progress: Callable[[UndoCounts], None]


class Undoing:
    """Judges the items of a run, and archives the entries that it created."""

    def __init__(
        self,
        run: tuple[str, int],
        client: LivingdocsClient,
        ledger: SqliteLedger,
        clock: StoppableClock,
        options: UndoOptions,
    ) -> None:
        """Undo the run with this id and number."""
        self.counts = UndoCounts()
        self._run_id, self._run_number = run
        self.rows = ledger.rows_of_run(self._run_number)
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._options = options
        # Archived by an interrupted undo.
        self._recognised: set[int] = set()

    async def run(self) -> None:
        """Finish an interrupted undo, then undo the run; raises the errors of client and ledger."""
        await self._finish_begun()
        for at in range(0, len(self.rows), GROUP_ITEMS):
            items = self._ledger.sent_in(self._run_number, self.rows[at : at + GROUP_ITEMS])
            await self._clock.checkpoint()
            self.counts.examined += len(items)
            await self._undo([item for item in items if self._must_be_read(item)])
            self._options.on_progress(self.counts)

    async def _finish_begun(self) -> None:
        begun = self._ledger.begun_archiving()
        for at in range(0, len(begun), GROUP_ITEMS):
            await self._finish(begun[at : at + GROUP_ITEMS])

    async def _finish(self, begun: Sequence[Archiving]) -> None:
        """Record which of these entries an interrupted undo has archived."""
        entries = await self._client.entries([each.media_id for each in begun if each.media_id])
        archived: dict[int, str] = {}
        left: list[int] = []
        for each in begun:
            found = found_after(each, entries.get(each.media_id or ""))
            if found is Found.ARCHIVED:
                archived[each.row] = _reason(each.run_id, each.media_id)
                self.counts.archived += each.run_id == self._run_id
                self._recognised.add(each.row)
            else:
                # The entry is judged again with all others.
                left.append(each.row)
        if not self._options.is_dry_run:
            self._ledger.record_archived(archived, left, self._clock.now())

    def _must_be_read(self, item: CreatedItem) -> bool:
        if item.row in self._recognised:
            return False
        verdict = before_reading(item, self._run_id)
        if verdict is NothingToDo.ARCHIVED_BEFORE:
            self.counts.archived_before += 1
        elif verdict is NothingToDo.NOT_CREATED:
            self.counts.not_created += 1
        elif isinstance(verdict, Refusal):
            self.counts.refuse(item.key, item.media_id, verdict)
        return verdict is None

    async def _undo(self, items: Sequence[CreatedItem]) -> None:
        entries = await self._client.entries([item.media_id for item in items if item.media_id])
        chosen: list[tuple[Archiving, Entry]] = []
        for item in items:
            entry = entries.get(item.media_id or "")
            if refusal := await self._refusal(item, entry):
                self.counts.refuse(item.key, item.media_id, refusal)
            elif entry is not None:
                chosen.append((self._begun(item, entry), entry))
        if self._options.is_dry_run:
            self.counts.archived += len(chosen)
        elif chosen:
            await self._archive_all(chosen)

    async def _refusal(self, item: CreatedItem, entry: Entry | None) -> Refusal | None:
        if entry is not None:
            return of_entry(item, entry, self._client.server_skew_seconds or 0.0)
        other = await self._client.find_entry(*item.key)
        if other is None or other.get("id") == item.media_id:
            return Refusal(NO_ENTRY)
        return Refusal(OTHER_ENTRY, str(other.get("id")))

    def _begun(self, item: CreatedItem, entry: Entry) -> Archiving:
        return Archiving(
            item.row,
            item.key,
            item.media_id,
            self._run_id,
            version_of(entry),
            digest_of(entry),
        )

    async def _archive_all(self, chosen: Sequence[tuple[Archiving, Entry]]) -> None:
        self._ledger.record_archiving(
            [(begun.row, begun.version, begun.entry_digest) for begun, _ in chosen],
            self._run_number,
        )
        archived: dict[int, str] = {}
        left: list[int] = []

        async def archive(one: tuple[Archiving, Entry]) -> None:
            begun, entry = one
            await self._clock.checkpoint()
            if refusal := await self._archived(begun, entry):
                left.append(begun.row)
                self.counts.refuse(begun.key, begun.media_id, refusal)
            else:
                archived[begun.row] = _reason(self._run_id, begun.media_id)

        try:
            await for_each(chosen, archive, parallel=self._options.parallel)
        finally:
            # Entries without a result stay recorded as begun: the next undo recognises them.
            self._ledger.record_archived(archived, left, self._clock.now())
            self.counts.archived += len(archived)

    async def _archived(self, begun: Archiving, entry: Entry) -> Refusal | None:
        """Archive an entry; return why the server did not. Raises the errors of the client."""
        body = Patch([ARCHIVE]).body(entry.get("version"), self._client.api_version)
        attempts = Attempts(PATCHINGS, self._clock.monotonic() + TOTAL_SECONDS)
        is_lost = False
        while True:
            try:
                await self._client.patch(entry["id"], body)
                return None
            except RequestRefused as error:
                if error.status != HTTPStatus.CONFLICT:
                    return Refusal(f"the server refused it: {error}")
                found = found_after(begun, await self._client.entry(entry["id"]))
                is_ours = is_lost and found is Found.ARCHIVED
                return None if is_ours else Refusal(CHANGED, MEANWHILE)
            except AnswerLost as error:
                is_lost = True
                if attempts.is_over(self._clock.monotonic(), is_busy=error.is_busy):
                    raise ServerUnavailable(str(error), is_declined=False) from error
                await self._clock.sleep(wait_seconds(error, attempts.busy))
                found = found_after(begun, await self._client.entry(entry["id"]))
                if found is not Found.UNTOUCHED:
                    return None if found is Found.ARCHIVED else Refusal(CHANGED, MEANWHILE)


def _reason(run_id: str, media_id: str | None) -> str:
    return (
        f'archived by `ledger undo` of run {run_id} (media "{media_id}"); the server keeps its'
        " externalId in use"
    )
