"""The order of the stages: finish what is open, then plan, and carry what is to be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from ld_import.errors import JobOverdue, LdImportError, ManifestChanged, QuotaReached
from ld_import.events import Note, Rejected, Waiting
from ld_import.model import Batch, Invalid, OpenBatch, Send
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.planning.chunk import Chunk, not_in_manifest_sentence
from ld_import.pipeline.planning.double_guard import UnseenRows
from ld_import.pipeline.planning.holdback import Holdback
from ld_import.pipeline.planning.plan_source import PlanSource
from ld_import.pipeline.planning.record_blocks import BlockNotes
from ld_import.pipeline.shutdown import wait_for
from ld_import.pipeline.stages import Limits, ManifestNames, RunEvents, Stages

SHOWN_NAMES_LENGTH = 200


class Run:
    """One execution: from the decisions about a manifest to ledger rows.

    `tally` counts while it runs and is right whenever it ends, however it ends.
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
        self._events = events
        self._names = names
        self._stages = stages
        self._batcher = stages.batcher
        self._quota = stages.quota
        self._ledger = tools.ledger
        self._clock = tools.clock
        self._listen = tools.listen
        self._limits = limits
        self._blocks = BlockNotes(tools.ledger, names.manifest)
        self._holdback = Holdback(stages.guard)
        self._begun_count = 0
        self._slots = asyncio.Semaphore(limits.parallel)
        self._started = tools.clock.monotonic()
        self._ending: LdImportError | None = None
        self._is_ending = asyncio.Event()
        self._overdue: JobOverdue | None = None
        self._changed: ManifestChanged | None = None

    async def run(self, chunks: PlanSource) -> None:
        """Take every record to its end; raise what ended the run before, if anything did."""
        await self._finish_open()
        if self._ending is None:
            await self._import(chunks)
        error = (
            self._ending
            or self._overdue
            or self._stages.deliverer.unresolved_error()
            or self._changed
        )
        if self._changed is not None and error is not self._changed:
            self._listen(Note(f"{self._changed}; {self._changed.hint}"))
        if isinstance(error, QuotaReached):
            raise self._with_continuation(error)
        if error is not None:
            raise error

    def _with_continuation(self, error: QuotaReached) -> QuotaReached:
        returns_at = self._quota.returns_at()
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
            # An error in here must not tear the batches in flight: the group waits for them.
            try:
                for batch in self._ledger.open_batches():
                    await self._slots.acquire()
                    if self._ending is not None:
                        self._slots.release()
                        break
                    group.create_task(self._resume(batch))
            except LdImportError as error:
                self._end(error)

    async def _resume(self, batch: OpenBatch) -> None:
        try:
            delivery = await self._stages.sender.resume(batch)
        finally:
            self._slots.release()
        # A job that is stuck since an earlier run must not keep everything else from arriving.
        if isinstance(delivery.error, JobOverdue):
            self._overdue = delivery.error
        elif delivery.error is not None:
            self._end(delivery.error)

    async def _import(self, chunks: PlanSource) -> None:
        async with asyncio.TaskGroup() as group:
            # An error in here must not tear the batches in flight: the group waits for them.
            try:
                # What a run left out that did not come to its end.
                self._ledger.note_digests()
                await self._decide_and_start(group, chunks)
            except LdImportError as error:
                self._end(error)
        if self._ending is None:
            try:
                self._ledger.note_digests()
                self._warn_of_shared_media()
            except LdImportError as error:
                self._end(error)

    def _warn_of_shared_media(self) -> None:
        # The items that this run sent; one that sent nothing asks nothing.
        shared = self._ledger.shared_media() if self.tally.outcomes else []
        if not shared:
            return
        media_id, count, names = shared[0]
        ids = "1 media id belongs" if len(shared) == 1 else f"{len(shared):,} media ids belong"
        self._listen(
            Note(
                f"{ids} to several items each, so that documents would show one medium for all of"
                f" them; {media_id} belongs to {count:,} items: {names[:SHOWN_NAMES_LENGTH]}"
            )
        )

    async def _decide_and_start(self, group: asyncio.TaskGroup, chunks: PlanSource) -> None:
        try:
            async for chunk in chunks:
                await self._take(group, chunk, chunks.share_read())
                if self._is_deciding_over():
                    return
        except ManifestChanged as error:
            # What was read is imported; the rest of the file is unknown.
            self._changed = error
        # Judged also then: what was read may be known media under new ids.
        unseen_rows = chunks.unseen_rows if self._changed is None else None
        await self._judge_and_start(group, self._holdback.rest(), unseen_rows)
        if self._is_deciding_over():
            return
        if self._changed is None:
            self._note_all_read(chunks.not_in_manifest)
        if rest := self._batcher.rest():
            await self._start(group, rest)

    async def _take(self, group: asyncio.TaskGroup, chunk: Chunk, share: float | None) -> None:
        sends = self._decided(chunk)
        self._blocks.note(chunk.block, is_known=chunk.is_block_known)
        self._listen(self.tally.planned(share))
        await self._judge_and_start(group, self._holdback.add(sends))
        await self._clock.checkpoint()

    def _is_deciding_over(self) -> bool:
        # After the quota nothing more is sent, but how much waits for tomorrow is counted.
        return self._ending is not None and not isinstance(self._ending, QuotaReached)

    def _note_all_read(self, not_in_manifest: Sequence[str]) -> None:
        self._ledger.forget_invalid(self._names.manifest)
        self._blocks.end()
        if not_in_manifest:
            self._listen(Note(not_in_manifest_sentence(not_in_manifest)))

    def _decided(self, chunk: Chunk) -> list[Send]:
        self.tally.read += chunk.read
        sends: list[Send] = []
        invalid: list[Invalid] = []
        for decision in chunk.decisions:
            self.tally.decide(decision)
            if isinstance(decision, Send):
                sends.append(decision)
            elif isinstance(decision, Invalid):
                invalid.append(decision)
                self._listen(Rejected(decision, self._names.records_file))
        if invalid:
            self._ledger.record_invalid(invalid, self._names.manifest)
        if chunk.learned:
            self._ledger.learn_digests(chunk.learned)
        return sends

    async def _judge_and_start(
        self,
        group: asyncio.TaskGroup,
        sends: Sequence[Send],
        unseen_rows: UnseenRows | None = None,
    ) -> None:
        if self._is_taking():
            for _ in self._holdback.judge(sends, unseen_rows, self._begun_count):
                await self._clock.checkpoint()
        for send in sends:
            if batch := self._batcher.add(send):
                await self._start(group, batch)

    async def _start(self, group: asyncio.TaskGroup, batch: Batch) -> None:
        await self._slots.acquire()
        try:
            # Also when no slot had to be waited for.
            await self._clock.checkpoint()
        except LdImportError:
            self._slots.release()
            raise
        if self._is_taking():
            self._begun_count += len(batch.items)
            group.create_task(self._deliver(batch))
            await self._events.contact.wait()
        else:
            self._slots.release()

    def _is_taking(self) -> bool:
        longest = self._limits.max_duration_seconds
        is_late = longest is not None and self._clock.monotonic() - self._started >= longest
        return self._ending is None and not is_late

    async def _deliver(self, batch: Batch) -> None:
        try:
            await self._deliver_within_quota(batch)
        except LdImportError as error:
            self._end(error)
        finally:
            self._events.contact.set()
            self._slots.release()

    async def _deliver_within_quota(self, batch: Batch) -> None:
        items = batch.items
        most = len(items)
        while items and self._is_taking():
            remaining = self._quota.remaining()
            fitting = min(most, len(items) if remaining is None else remaining)
            if not fitting:
                await self._wait_for_quota(self._quota.reached())
                continue
            delivery = await self._stages.deliverer.send(replace(batch, items=items[:fitting]))
            self.tally.note_open(delivery.open_count)
            batch = replace(batch, unconfirmed={**delivery.unconfirmed, **batch.unconfirmed})
            items = items[fitting:]
            most = len(items)
            if isinstance(delivery.error, QuotaReached):
                items = delivery.unsent + items
                most = min(delivery.error.remaining, len(items)) or len(items)
                # What was refused although it should have fitted waits for the next day.
                if not 0 < delivery.error.remaining < fitting:
                    await self._wait_for_quota(delivery.error)
            elif delivery.error is not None:
                raise delivery.error

    async def _wait_for_quota(self, reached: QuotaReached) -> None:
        if not self._limits.is_waiting_for_quota:
            raise reached
        seconds = self._quota.wait_seconds()
        longest = self._limits.max_duration_seconds
        if longest is not None and self._clock.monotonic() + seconds > self._started + longest:
            raise reached
        self._listen(Waiting(str(reached), seconds))
        # Another batch may end the run meanwhile.
        await wait_for(self._is_ending, self._clock, seconds)
        self._quota.forget_others()

    def _end(self, error: LdImportError) -> None:
        self._ending = self._ending or error
        self._is_ending.set()
