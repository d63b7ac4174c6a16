"""Handles the answer to an import request: a job, a refusal, or no answer at all."""

from __future__ import annotations

from ld_import.errors import AnswerLost, LdImportError, ServerUnavailable
from ld_import.events import Declined, Waiting
from ld_import.model import Batch, Job, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.attempts import wait_seconds
from ld_import.pipeline.delivery.delivery import Delivery
from ld_import.pipeline.delivery.follow import JobFollower
from ld_import.pipeline.delivery.recorder import SentBatch
from ld_import.pipeline.delivery.submit import Submission, Submitter
from ld_import.pipeline.delivery.tools import DeliveryOptions, RunTools

# Maximum wait for a notification that names the job of a request without an answer.
NOTIFICATION_SECONDS = 5.0


class AnswerHandler:
    """Takes submitted batches to the result of their delivery; errors are part of the result."""

    def __init__(
        self,
        tools: RunTools,
        options: DeliveryOptions,
        submitter: Submitter,
        follower: JobFollower,
    ) -> None:
        """`submitter` reports jobs that only a notification names; `follower` follows all jobs."""
        self._tools = tools
        self._clock = tools.clock
        self._listen = tools.listen
        self._options = options
        self._submitter = submitter
        self._follower = follower

    async def handle(
        self, submission: Submission, batch: Batch, token: str | None, *, is_last: bool
    ) -> Delivery:
        """Return the delivery of a batch; `is_last` if its lost items are not sent again."""
        opened, error = submission.opened, submission.error
        if opened is None:
            return Delivery(unsent=batch.items, error=error)
        if submission.job is not None:
            return await self._follow(opened, submission.job, batch, is_last=is_last)
        if isinstance(error, AnswerLost):
            return await self._after_lost_answer(opened, batch, error, token, is_last=is_last)
        if error is None or not error.is_declined:
            return Delivery(open_count=len(batch.items), error=error)
        self._listen(Declined(opened.batch_id, len(batch.items), str(error), batch.attempt))
        try:
            self._keep_unconfirmed(batch, opened)
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

    def _keep_unconfirmed(self, batch: Batch, opened: OpenBatch) -> None:
        """Record as lost the items of an earlier request without an answer.

        A refusal of this request is not evidence about the earlier one.
        """
        unconfirmed = [
            Outcome(key, State.LOST, "an earlier request had no answer; sent again")
            for key in opened.keys
            if key in batch.unconfirmed
        ]
        if unconfirmed:
            self._tools.recorder.close(SentBatch(opened.batch_id), unconfirmed, "refused")

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
                job_id = await self._options.notifications.job_of(token, NOTIFICATION_SECONDS)
                if job_id is not None:
                    return await self._follow_notified(opened, job_id, batch, is_last=is_last)
            # One item may cause the server to fail each time, so the batch is divisible.
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

    async def _follow_notified(
        self, opened: OpenBatch, job_id: str, batch: Batch, *, is_last: bool
    ) -> Delivery:
        """Follow the job that a notification names; the token shows that it is this request's."""
        job = Job(job_id, "started", finished=False)
        self._tools.ledger.record_submitted(opened.batch_id, job, self._clock.now())
        self._submitter.report_submitted(opened, job, batch)
        return await self._follow(opened, job, batch, is_last=is_last)
