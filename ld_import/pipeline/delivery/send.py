"""Sends batches until each has a result: repeats lost items, patches, resumes earlier runs."""

from __future__ import annotations

from dataclasses import replace

from ld_import.errors import JobOverdue, LdImportError
from ld_import.events import Submitted
from ld_import.model import Batch, Item, Job, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.answer import AnswerHandler
from ld_import.pipeline.delivery.attempts import TOTAL_SECONDS, Attempts
from ld_import.pipeline.delivery.delivery import Delivery, delivered
from ld_import.pipeline.delivery.follow import SENDINGS, JobFollower
from ld_import.pipeline.delivery.on_existing import Existing, OnExisting
from ld_import.pipeline.delivery.submit import Submitter
from ld_import.pipeline.delivery.tools import DeliveryOptions, RunTools
from ld_import.pipeline.quota import Quota


class BatchSender:
    """The innermost stage: sends batches concurrently, and follows each to its end."""

    def __init__(
        self,
        tools: RunTools,
        options: DeliveryOptions,
        existing: Existing,
        quota: Quota,
        follower: JobFollower,
    ) -> None:
        """Send within the quota; `follower` follows the jobs that the server accepted."""
        self._clock = tools.clock
        self._listen = tools.listen
        self._options = options
        self._existing = existing
        self._follower = follower
        self._submitter = Submitter(tools, options, quota)
        self._answers = AnswerHandler(tools, options, self._submitter, follower)

    async def send(self, batch: Batch) -> Delivery:
        """Send a batch and follow it to its end; lost items are sent again a few times.

        Items that are to be patched and are known to exist are patched without being sent. A batch
        whose job failed as a whole is in `Delivery.failed`, and is left to the caller.
        """
        if self._existing.policy is OnExisting.PATCH and batch.existing:
            known = tuple(item for item in batch.items if item.key in batch.existing)
            if known:
                return await self._patch_and_send(batch, known)
        settled_count = accepted_count = 0
        attempts = Attempts(SENDINGS, self._clock.monotonic() + TOTAL_SECONDS)
        while True:
            delivery = await self._attempt(batch, is_last=attempts.is_last)
            lost = delivery.lost
            settled_count += delivery.settled_count
            accepted_count += delivery.accepted_count
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
        return replace(
            delivery,
            settled_count=settled_count,
            accepted_count=accepted_count,
            lost=frozenset(),
            unconfirmed=batch.unconfirmed,
        )

    async def _attempt(self, batch: Batch, *, is_last: bool) -> Delivery:
        token = self._options.notifications.expect() if self._options.notifications else None
        try:
            submission = await self._submitter.submit(batch, token)
            delivery = await self._answers.handle(submission, batch, token, is_last=is_last)
        finally:
            if self._options.notifications and token:
                self._options.notifications.forget(token)
        if submission.opened:
            delivery.batch_id = submission.opened.batch_id
            delivery.sent_at = submission.opened.created_at
        return delivery

    async def _patch_and_send(self, batch: Batch, known: tuple[Item, ...]) -> Delivery:
        # If the items were sent first, a server that updates entries would overwrite an editor's
        # change.
        new = tuple(item for item in batch.items if item.key not in batch.existing)
        patched = await self._patch(replace(batch, items=known))
        if patched.error is not None:
            patched.unsent += new
            return patched
        if not new:
            return patched
        delivery = await self.send(replace(batch, items=new))
        delivery.settled_count += patched.settled_count
        delivery.accepted_count += patched.accepted_count
        return delivery

    async def _patch(self, batch: Batch) -> Delivery:
        try:
            opened = self._submitter.record_pending(batch, b"")
        except LdImportError as error:
            return Delivery(unsent=batch.items, error=error)
        existing = [
            Outcome(item.key, State.SKIPPED, "already exists", is_existing=True)
            for item in batch.items
        ]
        try:
            outcomes = await self._existing.treat(existing, batch)
            self._follower.settled(opened, outcomes, "patched", batch)
            return delivered(outcomes)
        except LdImportError as error:
            return Delivery(open_count=len(batch.items), error=error, batch_id=opened.batch_id)

    async def resume(self, batch: OpenBatch) -> Delivery:
        """Follow a batch of an earlier run to its end; its lost items are left to the plan.

        If the run does not wait for jobs, an unfinished job remains open.
        """
        try:
            if batch.job_id is None:
                reason = "the request of an earlier run had no answer"
                return await self._follower.resolved(batch, reason, None)
            self._listen(Submitted(batch.batch_id, batch.job_id, len(batch.keys), is_resumed=True))
            job = Job(batch.job_id, "started", finished=False)
            return await self._follower.follow(batch, job, None)
        except JobOverdue as error:
            overdue = error if self._options.is_waiting else None
            return Delivery(open_count=len(batch.keys), error=overdue)
        except LdImportError as error:
            return Delivery(open_count=len(batch.keys), error=error)
