"""One batch from the plan to the ledger: submit, poll, settle, and what to do when that breaks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import blake2b

from ld_import.api.client import LivingdocsClient
from ld_import.clock import Clock
from ld_import.errors import AnswerLost, LdImportError
from ld_import.events import Declined, Listener, Polled, Settled, Submitted
from ld_import.kinds.base import Kind
from ld_import.kinds.marks import marks_from
from ld_import.ledger.base import Ledger
from ld_import.model import Batch, Item, ItemKey, Job, OpenBatch, Outcome, State
from ld_import.pipeline.existing import Existing, OnExisting
from ld_import.pipeline.poll import Pace, poll
from ld_import.pipeline.resolve import resolve
from ld_import.pipeline.settle import settle
from ld_import.pipeline.submit import body_of, submit

# How often a batch is sent whose end the server cannot tell, the first time included.
SENDINGS = 3


@dataclass(slots=True)
class Carried:
    """How far a batch came: what has no outcome is still open on the server, or `unsent`.

    `batch_id` is that of the last request; of the `unsure` an earlier one had no answer.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    open_count: int = 0
    unsent: tuple[Item, ...] = ()
    unsure: frozenset[ItemKey] = frozenset()
    error: LdImportError | None = None
    batch_id: int = 0


class Carrier:
    """Takes batches to their end, any number at once; configured once a run.

    `envelope` is what stands around the items of a request. With `is_waiting` False jobs are
    submitted and left to a later run.
    """

    def __init__(
        self,
        *,
        kind: Kind,
        client: LivingdocsClient,
        ledger: Ledger,
        clock: Clock,
        listen: Listener,
        existing: Existing,
        envelope: tuple[bytes, bytes],
        max_wait_seconds: float,
        is_waiting: bool = True,
    ) -> None:
        """Hand in the tools of a run."""
        self._kind = kind
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._listen = listen
        self._existing = existing
        self._envelope = envelope
        self._max_wait = timedelta(seconds=max_wait_seconds)
        self._is_waiting = is_waiting
        self._pace = Pace()

    async def carry(self, batch: Batch) -> Carried:
        """Send a batch and follow it to its end; what got lost is sent again, a few times.

        Items that are to be patched and known to exist are patched without being sent.
        """
        old = tuple(item for item in batch.items if item.key in batch.existing)
        if self._existing.policy is OnExisting.PATCH and old:
            return await self._carry_apart(batch, old)
        outcomes: list[Outcome] = []
        for sending in range(1, SENDINGS + 1):
            carried = await self._send(batch, is_last=sending == SENDINGS)
            lost = {one.key for one in carried.outcomes if one.state is State.LOST}
            outcomes += [one for one in carried.outcomes if one.key not in lost]
            if not lost or carried.error:
                break
            again = tuple(item for item in batch.items if item.key in lost)
            batch = replace(batch, items=again, unsure=batch.unsure | lost)
        carried.outcomes, carried.unsure = outcomes, batch.unsure
        return carried

    async def _carry_apart(self, batch: Batch, old: tuple[Item, ...]) -> Carried:
        # Sending them first would let a server that updates write over an editor's change.
        new = tuple(item for item in batch.items if item.key not in batch.existing)
        patched = await self._patch(replace(batch, items=old))
        if patched.error is not None:
            patched.unsent += new
            return patched
        if not new:
            return patched
        carried = await self.carry(replace(batch, items=new))
        carried.outcomes = patched.outcomes + carried.outcomes
        return carried

    async def _patch(self, batch: Batch) -> Carried:
        try:
            opened = self._record_pending(batch, b"")
        except LdImportError as error:
            return Carried(unsent=batch.items, error=error)
        exists = [
            Outcome(item.key, State.SKIPPED, "already exists", is_existing=True)
            for item in batch.items
        ]
        try:
            outcomes = await self._existing.treat(exists, batch)
            return Carried(self._settled(opened, outcomes, "patched", is_resumed=False))
        except LdImportError as error:
            return Carried(open_count=len(batch.items), error=error, batch_id=opened.batch_id)

    async def resume(self, batch: OpenBatch) -> Carried:
        """Take a batch of an earlier run to its end; what got lost is left to the plan."""
        try:
            if batch.job_id is None:
                why = "the request of an earlier run had no answer"
                return Carried(await self._resolve(batch, why, is_resumed=True))
            self._listen(Submitted(batch.batch_id, batch.job_id, len(batch.keys), is_resumed=True))
            return Carried(await self._follow(batch, Job(batch.job_id, "started", False), None))
        except LdImportError as error:
            return Carried(open_count=len(batch.keys), error=error)

    async def _send(self, batch: Batch, *, is_last: bool) -> Carried:
        body = body_of(batch.items, self._envelope)
        try:
            opened = self._record_pending(batch, body)
        except LdImportError as error:
            return Carried(unsent=batch.items, error=error)
        count, batch_id = len(batch.items), opened.batch_id
        try:
            job = await self._submit(opened, batch, body)
        except AnswerLost as error:
            return await self._after_lost_answer(opened, batch, error, is_last=is_last)
        except LdImportError as error:
            if not error.is_declined:
                return Carried(open_count=count, error=error, batch_id=batch_id)
            self._listen(Declined(batch_id, count, str(error)))
            self._keep_unsure(batch, opened)
            return Carried(unsent=batch.items, error=error, batch_id=batch_id)
        if not self._is_waiting and not job.finished:
            return Carried(open_count=count, batch_id=batch_id)
        try:
            outcomes = await self._follow(opened, job, batch, is_last=is_last)
            return Carried(outcomes, batch_id=batch_id)
        except LdImportError as error:
            return Carried(open_count=count, error=error, batch_id=batch_id)

    def _record_pending(self, batch: Batch, body: bytes) -> OpenBatch:
        now = self._clock.now()
        marks = [marks_from(item.body) for item in batch.items]
        batch_id = self._ledger.record_pending(
            batch.items,
            marks,
            request_digest=blake2b(body, digest_size=16).digest(),
            now=now,
        )
        keys = tuple(item.key for item in batch.items)
        sent = dict(zip(keys, marks, strict=True))
        return OpenBatch(batch_id, keys, now, existing=batch.existing, marks=sent)

    async def _submit(self, opened: OpenBatch, batch: Batch, body: bytes) -> Job:
        job = await submit(
            opened.batch_id,
            body,
            batch.items,
            kind=self._kind,
            client=self._client,
            ledger=self._ledger,
            clock=self._clock,
        )
        self._listen(Submitted(opened.batch_id, job.job_id, len(opened.keys)))
        return job

    def _keep_unsure(self, batch: Batch, opened: OpenBatch) -> None:
        """A refusal says nothing of an earlier request without an answer: that stays open."""
        still = [
            Outcome(key, State.LOST, "an earlier request had no answer; sent again")
            for key in opened.keys
            if key in batch.unsure
        ]
        if still:
            now = self._clock.now()
            self._ledger.record_settled(opened.batch_id, still, job_state="refused", now=now)

    async def _after_lost_answer(
        self, opened: OpenBatch, batch: Batch, error: AnswerLost, *, is_last: bool
    ) -> Carried:
        try:
            outcomes = await self._resolve(opened, str(error))
        except LdImportError as later:
            return Carried(open_count=len(opened.keys), error=later)
        lost = {one.key for one in outcomes if one.state is State.LOST}
        if not is_last or not lost:
            return Carried(outcomes)
        return Carried(
            outcomes, unsent=tuple(one for one in batch.items if one.key in lost), error=error
        )

    async def _follow(
        self, opened: OpenBatch, job: Job, batch: Batch | None, *, is_last: bool = False
    ) -> list[Outcome]:
        is_resumed = batch is None
        if not job.finished:
            job = await self._polled(opened, job.job_id or "", is_fresh=not is_resumed)
        if job.is_lost:
            why = f"the server lost the import job {job.job_id}"
            return await self._resolve(opened, why, is_last=is_last, is_resumed=is_resumed)
        outcomes = settle(opened.keys, job)
        if batch is not None:
            outcomes = await self._existing.treat(outcomes, batch)
        else:
            outcomes = [self._existing.without_content(one) for one in outcomes]
        return self._settled(replace(opened, job_id=job.job_id), outcomes, job.state, is_resumed)

    async def _polled(self, opened: OpenBatch, job_id: str, *, is_fresh: bool) -> Job:
        return await poll(
            job_id,
            kind=self._kind,
            client=self._client,
            clock=self._clock,
            pace=self._pace,
            overdue_at=opened.created_at + self._max_wait,
            on_answer=lambda job: self._listen(Polled(opened.batch_id, job)),
            is_fresh=is_fresh,
        )

    async def _resolve(
        self, opened: OpenBatch, why: str, *, is_last: bool = False, is_resumed: bool = False
    ) -> list[Outcome]:
        outcomes = await resolve(opened, why=why, client=self._client, clock=self._clock)
        if is_last:
            # A batch that makes the server lose its job each time must not block all others.
            reason = f"{why}, {SENDINGS} times in a row"
            outcomes = [
                Outcome(one.key, State.FAILED, reason) if one.state is State.LOST else one
                for one in outcomes
            ]
        return self._settled(opened, outcomes, "lost", is_resumed)

    def _settled(
        self, opened: OpenBatch, outcomes: list[Outcome], job_state: str, is_resumed: bool
    ) -> list[Outcome]:
        self._ledger.record_settled(
            opened.batch_id, outcomes, job_state=job_state, now=self._clock.now()
        )
        self._listen(
            Settled(opened.batch_id, opened.job_id, job_state, tuple(outcomes), is_resumed)
        )
        return outcomes
