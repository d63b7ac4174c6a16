"""One batch from the plan to the ledger: sent, followed, and what to do when sending breaks."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from ld_import.errors import (
    AnswerLost,
    JobOverdue,
    LdImportError,
    QuotaReached,
    ServerUnavailable,
)
from ld_import.events import Declined, Submitted, Waiting
from ld_import.kinds.field_hashes import hashes_from
from ld_import.model import Batch, Item, Job, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.attempts import TOTAL_SECONDS, Attempts, wait_seconds
from ld_import.pipeline.delivery.delivery import Delivery
from ld_import.pipeline.delivery.follow import SENDINGS, JobFollower
from ld_import.pipeline.delivery.on_existing import Existing, OnExisting
from ld_import.pipeline.delivery.recorder import SentBatch
from ld_import.pipeline.delivery.submit import submit
from ld_import.pipeline.delivery.tools import DeliveryOptions, RunTools
from ld_import.pipeline.planning.batching import body_of
from ld_import.pipeline.quota import Quota

if TYPE_CHECKING:
    pass

# How long a notification may take to tell which job was made of a request without an answer.
TOLD_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Posted:
    """A request made: without `opened` it was not, without `job` its `error` tells why."""

    opened: OpenBatch | None
    job: Job | None = None
    error: LdImportError | None = None


class BatchSender:
    """The innermost stage: sends batches and follows them to their end, any number at once."""

    def __init__(
        self,
        tools: RunTools,
        options: DeliveryOptions,
        existing: Existing,
        quota: Quota,
        follower: JobFollower,
    ) -> None:
        """Send within the quota; `follower` takes over what the server accepted."""
        self._tools = tools
        self._ledger = tools.ledger
        self._clock = tools.clock
        self._listen = tools.listen
        self._options = options
        self._existing = existing
        self._quota = quota
        self._follower = follower
        # The server reports its quota by refusing: of two concurrent requests both would be.
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if tools.kind.has_quota else nullcontext()
        )

    async def send(self, batch: Batch) -> Delivery:
        """Send a batch and follow it to its end; what got lost is sent again, a few times.

        Items that are to be patched and known to exist are patched without being sent. A batch
        whose job failed as a whole is `undone`, and left to the caller.
        """
        old = tuple(item for item in batch.items if item.key in batch.existing)
        if self._existing.policy is OnExisting.PATCH and old:
            return await self._patch_and_send(batch, old)
        outcomes: list[Outcome] = []
        attempts = Attempts(SENDINGS, self._clock.monotonic() + TOTAL_SECONDS)
        while True:
            delivery = await self._attempt(batch, is_last=attempts.is_last)
            lost = {one.key for one in delivery.outcomes if one.state is State.LOST}
            outcomes += [one for one in delivery.outcomes if one.key not in lost]
            if not lost or delivery.error:
                break
            is_busy = delivery.busy is not None
            if attempts.is_over(self._clock.monotonic(), is_busy=is_busy):
                delivery.error = delivery.busy
                break
            again = tuple(item for item in batch.items if item.key in lost)
            since = {key: delivery.sent_at for key in lost if delivery.sent_at}
            unconfirmed = {**since, **batch.unconfirmed}
            batch = replace(batch, items=again, unconfirmed=unconfirmed, attempt=batch.attempt + 1)
        delivery.outcomes, delivery.unconfirmed = outcomes, batch.unconfirmed
        return delivery

    async def _patch_and_send(self, batch: Batch, old: tuple[Item, ...]) -> Delivery:
        # Sending them first would let a server that updates write over an editor's change.
        new = tuple(item for item in batch.items if item.key not in batch.existing)
        patched = await self._patch(replace(batch, items=old))
        if patched.error is not None:
            patched.unsent += new
            return patched
        if not new:
            return patched
        delivery = await self.send(replace(batch, items=new))
        delivery.outcomes = patched.outcomes + delivery.outcomes
        return delivery

    async def _patch(self, batch: Batch) -> Delivery:
        try:
            opened = self._record_pending(batch, b"")
        except LdImportError as error:
            return Delivery(unsent=batch.items, error=error)
        exists = [
            Outcome(item.key, State.SKIPPED, "already exists", is_existing=True)
            for item in batch.items
        ]
        try:
            outcomes = await self._existing.treat(exists, batch)
            self._follower.settled(opened, outcomes, "patched", batch)
            return Delivery(outcomes)
        except LdImportError as error:
            return Delivery(open_count=len(batch.items), error=error, batch_id=opened.batch_id)

    async def resume(self, batch: OpenBatch) -> Delivery:
        """Take a batch of an earlier run to its end; what got lost is left to the plan.

        Where nothing is waited for, a job that is not finished stays open.
        """
        try:
            if batch.job_id is None:
                why = "the request of an earlier run had no answer"
                return await self._follower.resolved(batch, why, None)
            self._listen(Submitted(batch.batch_id, batch.job_id, len(batch.keys), is_resumed=True))
            job = Job(batch.job_id, "started", finished=False)
            return await self._follower.follow(batch, job, None)
        except JobOverdue as error:
            overdue = error if self._options.is_waiting else None
            return Delivery(open_count=len(batch.keys), error=overdue)
        except LdImportError as error:
            return Delivery(open_count=len(batch.keys), error=error)

    async def _attempt(self, batch: Batch, *, is_last: bool) -> Delivery:
        token = self._options.notifications.expect() if self._options.notifications else None
        try:
            async with self._turn:
                posted = await self._post(batch, token)
            delivery = await self._after(posted, batch, token, is_last=is_last)
        finally:
            if self._options.notifications and token:
                self._options.notifications.forget(token)
        if posted.opened:
            delivery.batch_id, delivery.sent_at = posted.opened.batch_id, posted.opened.created_at
        return delivery

    async def _post(self, batch: Batch, token: str | None) -> _Posted:
        try:
            await self._clock.checkpoint()
            if not self._quota.fits(len(batch.items)):
                return _Posted(None, error=self._quota.reached())
            body = body_of(batch.items, self._options.envelope(token))
            opened = self._record_pending(batch, body)
        except LdImportError as error:
            return _Posted(None, error=error)
        try:
            return _Posted(opened, job=await self._submit(opened, batch, body))
        except LdImportError as error:
            if isinstance(error, QuotaReached):
                self._quota.learn(error)
            return _Posted(opened, error=error)

    async def _after(
        self, posted: _Posted, batch: Batch, token: str | None, *, is_last: bool
    ) -> Delivery:
        opened, error = posted.opened, posted.error
        if opened is None:
            return Delivery(unsent=batch.items, error=error)
        if posted.job is not None:
            return await self._follow(opened, posted.job, batch, is_last=is_last)
        if isinstance(error, AnswerLost):
            return await self._after_lost_answer(opened, batch, error, token, is_last=is_last)
        if error is None or not error.is_declined:
            return Delivery(open_count=len(batch.items), error=error)
        self._listen(Declined(opened.batch_id, len(batch.items), str(error), batch.attempt))
        try:
            self._keep_unsure(batch, opened)
        except LdImportError as later:
            error = later
        return Delivery(unsent=batch.items, error=error)

    async def _follow(
        self, opened: OpenBatch, job: Job, batch: Batch, *, is_last: bool
    ) -> Delivery:
        if not self._options.is_waiting and not job.finished:
            return Delivery(open_count=len(batch.items))
        try:
            return await self._follower.follow(opened, job, batch, is_last=is_last)
        except LdImportError as error:
            return Delivery(open_count=len(batch.items), error=error)

    def _record_pending(self, batch: Batch, body: bytes) -> OpenBatch:
        now = self._clock.now()
        marks = [item.field_hashes or hashes_from(item.body) for item in batch.items]
        batch_id = self._ledger.record_pending(
            batch.items,
            marks,
            request_digest=blake2b(body, digest_size=16).digest(),
            now=now,
        )
        keys = tuple(item.key for item in batch.items)
        sent = dict(zip(keys, marks, strict=True))
        return OpenBatch(
            batch_id,
            keys,
            now,
            existing=batch.existing,
            field_hashes=sent,
            unconfirmed=batch.unconfirmed,
            began=self._clock.monotonic(),
        )

    async def _submit(self, opened: OpenBatch, batch: Batch, body: bytes) -> Job:
        job = await submit(opened.batch_id, body, batch.items, self._tools)
        self._report_submitted(opened, job, batch)
        return job

    def _report_submitted(self, opened: OpenBatch, job: Job, batch: Batch) -> None:
        self._listen(
            Submitted(opened.batch_id, job.job_id, len(opened.keys), attempt=batch.attempt)
        )

    def _keep_unsure(self, batch: Batch, opened: OpenBatch) -> None:
        """A refusal says nothing of an earlier request without an answer: that stays open."""
        still = [
            Outcome(key, State.LOST, "an earlier request had no answer; sent again")
            for key in opened.keys
            if key in batch.unconfirmed
        ]
        if still:
            self._tools.recorder.close(SentBatch(opened.batch_id), still, "refused")

    async def _after_lost_answer(
        self,
        opened: OpenBatch,
        batch: Batch,
        error: AnswerLost,
        token: str | None,
        *,
        is_last: bool,
    ) -> Delivery:
        try:
            await self._wait_while_busy(opened, batch, error)
            if self._options.notifications and token:
                job_id = await self._options.notifications.job_of(token, TOLD_WITHIN_SECONDS)
                if job_id is not None:
                    return await self._follow_told(opened, job_id, batch, is_last=is_last)
            # One item may be what the server stumbles over each time.
            delivery = await self._follower.resolved(
                opened,
                str(error),
                batch,
                is_last=is_last and not error.is_busy,
                is_divisible=True,
            )
            if error.is_busy:
                delivery.busy = ServerUnavailable(str(error), is_declined=False)
            return delivery
        except LdImportError as later:
            return Delivery(open_count=len(opened.keys), error=later)

    async def _wait_while_busy(self, opened: OpenBatch, batch: Batch, error: AnswerLost) -> None:
        seconds = wait_seconds(error, batch.attempt)
        if seconds:
            self._listen(Waiting(str(error), seconds, opened.batch_id, attempt=batch.attempt))
            await self._clock.sleep(seconds)

    async def _follow_told(
        self, opened: OpenBatch, job_id: str, batch: Batch, *, is_last: bool
    ) -> Delivery:
        """Follow the job a notification names; that it is ours is told by the request's token."""
        job = Job(job_id, "started", finished=False)
        self._ledger.record_submitted(opened.batch_id, job, self._clock.now())
        self._report_submitted(opened, job, batch)
        return await self._follow(opened, job, batch, is_last=is_last)
