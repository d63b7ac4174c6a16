"""The order of the stages: finish open batches, then plan, then deliver the items to send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from ld_import.errors import (
    JobOverdue,
    LdImportError,
    ManifestChanged,
    QuotaReached,
    UsageError,
)
from ld_import.events import Note
from ld_import.model import Batch, Item, OpenBatch, Send
from ld_import.pipeline.decisions import DecisionRecorder
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.planning.chunk import Chunk
from ld_import.pipeline.planning.double_guard import UnseenRows
from ld_import.pipeline.planning.holdback import Holdback
from ld_import.pipeline.planning.last_batches import JobInFlight, LastBatches
from ld_import.pipeline.planning.plan_source import PlanSource
from ld_import.pipeline.quota_delivery import QuotaDelivery
from ld_import.pipeline.run_end import RunEnd
from ld_import.pipeline.stages import Limits, ManifestNames, RunEvents, Stages


def _no_storage(item: Item) -> UsageError:
    return UsageError(
        f"line {item.line}: the entry has a `file`, but no storage to upload it to is configured",
        hint="add `storages:` to ld-import.yaml: `ld-import help manifest` shows an example",
    )


class Run:
    """One execution: from the decisions about a manifest to ledger rows.

    `tally` counts during the run, and is correct whenever and however the run ends. `size` is the
    number of items in a batch.
    """

    def __init__(
        self,
        names: ManifestNames,
        stages: Stages,
        tools: RunTools,
        events: RunEvents,
        limits: Limits,
    ) -> None:
        """Join the stages; `events` is the listener of their tools."""
        self.tally = events.tally
        self.size = stages.size
        self._events = events
        self._stages = stages
        self._batcher = stages.batcher
        self._files = stages.files
        self._ledger = tools.ledger
        self._clock = tools.clock
        self._listen = tools.listen
        self._decisions = DecisionRecorder(names, tools, events.tally)
        self._holdback = Holdback(stages.guard)
        self._begun_count = 0
        self._slots = asyncio.Semaphore(limits.parallel)
        self._last_batches = LastBatches(
            stages.size, events.tally, limits.parallel, limits.most_items
        )
        self._end = RunEnd(tools.clock, limits.max_duration_seconds)
        if self._files is not None:
            self._files.is_accepting = self._end.is_accepting
        self._delivery = QuotaDelivery(
            stages, tools, events.tally, self._end, is_waiting=limits.is_waiting_for_quota
        )
        events.brake.on_error(self._end.end)
        self._overdue: JobOverdue | None = None
        self._changed: ManifestChanged | None = None

    async def run(self, chunks: PlanSource) -> None:
        """Process every record; raise the error that ended the run early, if any."""
        await self._finish_open()
        if self._end.error is None:
            await self._import(chunks)
            self._decisions.report_remarks()
        unresolved = self._stages.deliverer.unresolved_error
        error = self._end.error or self._overdue or unresolved() or self._changed
        if self._changed is not None and error is not self._changed:
            self._listen(Note(f"{self._changed}; {self._changed.hint}"))
        if isinstance(error, QuotaReached):
            raise self._with_continuation(error)
        if error is not None:
            raise error

    def _with_continuation(self, error: QuotaReached) -> QuotaReached:
        returns_at = self._stages.quota.returns_at()
        if returns_at is None:
            return error
        hint = (
            f"{self.tally.not_sent:,} waiting; run the same command again from"
            f" {returns_at:%Y-%m-%d %H:%M} UTC on, when the quota begins to return; it continues"
            " where it stopped"
        )
        return QuotaReached(str(error), limit=error.limit, used=error.used, hint=hint)

    async def _finish_open(self) -> None:
        async with asyncio.TaskGroup() as group:
            # An error that leaves this block would make the TaskGroup cancel the batches in flight.
            try:
                for batch in self._ledger.open_batches():
                    await self._slots.acquire()
                    if self._end.error is not None:
                        self._slots.release()
                        break
                    group.create_task(self._resume(batch))
            except LdImportError as error:
                self._end.end(error)

    async def _resume(self, batch: OpenBatch) -> None:
        try:
            delivery = await self._stages.sender.resume(batch)
        finally:
            self._slots.release()
        # A stuck job of an earlier run must not prevent the import of all other items.
        if isinstance(delivery.error, JobOverdue):
            self._overdue = delivery.error
        elif delivery.error is not None:
            self._end.end(delivery.error)

    async def _import(self, chunks: PlanSource) -> None:
        async with asyncio.TaskGroup() as group:
            # An error that leaves this block would make the TaskGroup cancel the batches in flight.
            try:
                # A run that was aborted has not noted the digests of its items.
                self._ledger.note_digests()
                await self._decide_and_start(group, chunks)
            except LdImportError as error:
                self._end.end(error)
            if self._files is not None:
                await self._files.end()
        if self._end.error is None:
            try:
                self._decisions.note_all_settled()
                self._decisions.warn_of_shared_media()
            except LdImportError as error:
                self._end.end(error)

    async def _decide_and_start(self, group: asyncio.TaskGroup, chunks: PlanSource) -> None:
        try:
            async for chunk in chunks:
                await self._process(group, chunk, chunks.share_read())
                if self._is_deciding_over():
                    return
            self.tally.is_read_to_end = True
        except ManifestChanged as error:
            # Import the records read so far; the rest of the file is unknown.
            self._changed = error
        # Judge the items also in this case: they may be known media under new ids.
        unseen_rows = chunks.unseen_rows if self._changed is None else None
        await self._judge_and_start(group, self._holdback.rest(), unseen_rows)
        if self._is_deciding_over():
            return
        if self._changed is None:
            self._decisions.note_all_read(chunks.not_in_manifest)
        while self._files is not None and (ready := await self._files.rest()):
            await self._start_all(group, ready)
        if rest := self._batcher.rest():
            await self._start(group, rest)

    async def _process(self, group: asyncio.TaskGroup, chunk: Chunk, share: float | None) -> None:
        sends = self._decisions.record(chunk, share)
        self._last_batches.note_chunk(chunk.read, len(sends))
        await self._judge_and_start(group, self._holdback.add(sends))
        await self._clock.checkpoint()

    def _is_deciding_over(self) -> bool:
        # With a used-up quota no item is sent, but the items that wait are still counted.
        return self._end.error is not None and not isinstance(self._end.error, QuotaReached)

    async def _judge_and_start(
        self,
        group: asyncio.TaskGroup,
        sends: Sequence[Send],
        unseen_rows: UnseenRows | None = None,
    ) -> None:
        if self._end.is_accepting():
            for _ in self._holdback.judge(sends, unseen_rows, self._begun_count):
                await self._clock.checkpoint()
        async for ready in self._prepared(sends):
            await self._start_all(group, ready)

    async def _prepared(self, sends: Sequence[Send]) -> AsyncIterator[Sequence[Send]]:
        """Yield the items that are ready to be sent; files of others are being prepared."""
        if self._files is not None and self._end.is_accepting():
            async for ready in self._files.add(sends):
                yield ready
            return
        for send in sends:
            if send.item.file and self._files is None:
                raise _no_storage(send.item)
        yield [send for send in sends if not send.item.file]

    async def _start_all(self, group: asyncio.TaskGroup, sends: Sequence[Send]) -> None:
        if not sends:
            return
        await self._share_last_items()
        for batch in self._batcher.add_all(sends):
            await self._start(group, batch)
            await self._share_last_items()

    async def _share_last_items(self) -> None:
        """Limit the next batch if it is one of the last; it is then not made before it can start.

        How many items it has depends on the jobs in flight at that time.
        """
        most: int | None = None
        if self._last_batches.is_next():
            await self._slots.acquire()
            self._slots.release()
            most = self._last_batches.next_size(self._clock.monotonic())
        self._batcher.most_items = most

    async def _start(self, group: asyncio.TaskGroup, batch: Batch) -> None:
        await self._slots.acquire()
        try:
            # Acquiring a free slot does not yield to other tasks.
            await self._clock.checkpoint()
        except LdImportError:
            self._slots.release()
            raise
        if self._end.is_accepting():
            self._begun_count += len(batch.items)
            job = self._last_batches.begin(len(batch.items), self._clock.monotonic())
            group.create_task(self._deliver(batch, job))
            await self._events.contact.wait()
        else:
            self._slots.release()

    async def _deliver(self, batch: Batch, job: JobInFlight) -> None:
        try:
            await self._delivery.deliver(batch)
        except LdImportError as error:
            self._end.end(error)
        finally:
            self._events.contact.set()
            self._last_batches.end(job)
            self._slots.release()
