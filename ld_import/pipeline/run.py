"""The order of the stages: finish what is open, then plan, and carry what is to be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ld_import.clock import Clock
from ld_import.errors import JobOverdue, LdImportError, ManifestChanged, QuotaReached
from ld_import.events import Event, Listener, Note, Rejected, Settled, Submitted, Waiting
from ld_import.ledger.base import Ledger
from ld_import.model import Batch, Invalid, OpenBatch, Send
from ld_import.pipeline.blocks import BlockNotes
from ld_import.pipeline.carried import Carried
from ld_import.pipeline.carry import Carrier
from ld_import.pipeline.chunks import Chunks
from ld_import.pipeline.cut import Cutter
from ld_import.pipeline.doubles import DoubleGuard, UnmetRows
from ld_import.pipeline.halve import Halver
from ld_import.pipeline.holdback import Holdback
from ld_import.pipeline.plan import Chunk, unmet_sentence
from ld_import.pipeline.quota import Allowance
from ld_import.pipeline.stop import wait_for
from ld_import.pipeline.tally import Tally

SHOWN_NAMES_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the user allows a run: batches in flight, seconds until no new one is taken."""

    parallel: int = 2
    max_duration_seconds: float | None = None
    is_waiting_for_quota: bool = False


class Run:
    """One execution: from the decisions about a manifest to ledger rows.

    `tally` counts while it runs and is right whenever it ends, however it ends.
    """

    def __init__(
        self,
        *,
        manifest: str,
        records_file: str,
        cutter: Cutter,
        carrier: Callable[[Listener], Carrier],
        deliverer: Callable[[Carrier, Listener], Halver],
        allowance: Allowance,
        ledger: Ledger,
        clock: Clock,
        listen: Listener,
        limits: Limits,
        guard: DoubleGuard | None = None,
    ) -> None:
        """Hand in the stages; carrier and deliverer are made here, as the run listens to them."""
        self.tally = Tally()
        self._manifest = manifest
        self._records_file = records_file
        self._cutter = cutter
        self._carrier = carrier(self._hear)
        self._deliverer = deliverer(self._carrier, self._hear)
        self._allowance = allowance
        self._ledger = ledger
        self._clock = clock
        self._listen = listen
        self._limits = limits
        self._blocks = BlockNotes(ledger, manifest)
        self._holdback = Holdback(guard)
        self._begun_count = 0
        self._slots = asyncio.Semaphore(limits.parallel)
        # Set once the first batch is submitted or has failed: until then nobody knows whether
        # anybody answers, and one batch is enough to find out.
        self._contact = asyncio.Event()
        self._started = clock.monotonic()
        self._ending: LdImportError | None = None
        self._is_ending = asyncio.Event()
        self._overdue: JobOverdue | None = None
        self._changed: ManifestChanged | None = None

    async def run(self, chunks: Chunks) -> None:
        """Take every record to its end; raise what ended the run before, if anything did."""
        await self._finish_open()
        if self._ending is None:
            await self._import(chunks)
        error = self._ending or self._overdue or self._deliverer.doubt() or self._changed
        if self._changed is not None and error is not self._changed:
            self._listen(Note(f"{self._changed}; {self._changed.hint}"))
        if isinstance(error, QuotaReached):
            error.hint = self._continuation() or error.hint
        if error is not None:
            raise error

    def _continuation(self) -> str | None:
        returns_at = self._allowance.returns_at()
        if returns_at is None:
            return None
        waiting = self.tally.not_sent
        return (
            f"{waiting:,} waiting; run the same command again from {returns_at:%Y-%m-%d %H:%M} UTC"
            " on, when the allowance begins to return; it continues where it stopped"
        )

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
            carried = await self._carrier.resume(batch)
        finally:
            self._slots.release()
        # A job that is stuck since an earlier run must not keep everything else from arriving.
        if isinstance(carried.error, JobOverdue):
            self._overdue = carried.error
        elif carried.error is not None:
            self._end(carried.error)

    async def _import(self, chunks: Chunks) -> None:
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

    async def _decide_and_start(self, group: asyncio.TaskGroup, chunks: Chunks) -> None:
        try:
            async for chunk in chunks:
                await self._take(group, chunk, chunks.share_read())
                if self._is_deciding_over():
                    return
        except ManifestChanged as error:
            # What was read is imported; the rest of the file is unknown.
            self._changed = error
        # Judged also then: what was read may be known media under new ids.
        unmet_rows = chunks.unmet_rows if self._changed is None else None
        await self._judge_and_start(group, self._holdback.rest(), unmet_rows)
        if self._is_deciding_over():
            return
        if self._changed is None:
            self._note_all_read(chunks.unmet)
        if rest := self._cutter.rest():
            await self._start(group, rest)

    async def _take(self, group: asyncio.TaskGroup, chunk: Chunk, share: float | None) -> None:
        sends = self._decided(chunk)
        self._blocks.note(chunk.block, is_known=chunk.is_block_known)
        self._listen(self.tally.planned(share))
        await self._judge_and_start(group, self._holdback.add(sends))
        await self._clock.sleep(0)

    def _is_deciding_over(self) -> bool:
        # After the quota nothing more is sent, but how much waits for tomorrow is counted.
        return self._ending is not None and not isinstance(self._ending, QuotaReached)

    def _note_all_read(self, unmet: Sequence[str]) -> None:
        self._ledger.forget_invalid(self._manifest)
        self._blocks.end()
        if unmet:
            self._listen(Note(unmet_sentence(unmet)))

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
                self._listen(Rejected(decision, self._records_file))
        if invalid:
            self._ledger.record_invalid(invalid, self._manifest)
        if chunk.learned:
            self._ledger.learn_digests(chunk.learned)
        return sends

    async def _judge_and_start(
        self,
        group: asyncio.TaskGroup,
        sends: Sequence[Send],
        unmet_rows: UnmetRows | None = None,
    ) -> None:
        if self._is_taking():
            for _ in self._holdback.judge(sends, unmet_rows, self._begun_count):
                await self._clock.sleep(0)
        for send in sends:
            if batch := self._cutter.add(send):
                await self._start(group, batch)

    async def _start(self, group: asyncio.TaskGroup, batch: Batch) -> None:
        await self._slots.acquire()
        try:
            # Here a request to stop is noticed, also when no slot had to be waited for.
            await self._clock.sleep(0)
        except LdImportError:
            self._slots.release()
            raise
        if self._is_taking():
            self._begun_count += len(batch.items)
            group.create_task(self._deliver(batch))
            await self._contact.wait()
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
            self._contact.set()
            self._slots.release()

    async def _deliver_within_quota(self, batch: Batch) -> None:
        items = batch.items
        most = len(items)
        while items and self._is_taking():
            room = self._allowance.room()
            fitting = min(most, len(items) if room is None else room)
            if not fitting:
                await self._wait_for_quota(self._allowance.reached())
                continue
            carried = await self._deliverer.carry(replace(batch, items=items[:fitting]))
            self._count(carried)
            batch = replace(batch, unconfirmed={**carried.unconfirmed, **batch.unconfirmed})
            items = items[fitting:]
            most = len(items)
            if isinstance(carried.error, QuotaReached):
                items = carried.unsent + items
                most = min(carried.error.remaining, len(items)) or len(items)
                # What was refused although it should have fitted waits for the next day.
                if not 0 < carried.error.remaining < fitting:
                    await self._wait_for_quota(carried.error)
            elif carried.error is not None:
                raise carried.error

    async def _wait_for_quota(self, reached: QuotaReached) -> None:
        if not self._limits.is_waiting_for_quota:
            raise reached
        seconds = self._allowance.wait_seconds()
        longest = self._limits.max_duration_seconds
        if longest is not None and self._clock.monotonic() + seconds > self._started + longest:
            raise reached
        self._listen(Waiting(str(reached), seconds))
        # Another batch may end the run meanwhile.
        await wait_for(self._is_ending, self._clock, seconds)
        self._allowance.forget_others()

    def _count(self, carried: Carried) -> None:
        self.tally.settle(carried.outcomes)
        self.tally.outcomes["open"] += carried.open_count

    def _end(self, error: LdImportError) -> None:
        self._ending = self._ending or error
        self._is_ending.set()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Submitted | Settled):
            self.tally.note_job(event)
            self._contact.set()
        self._listen(event)
