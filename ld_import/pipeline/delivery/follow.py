"""Follows batches that the server accepted, or may have, and records their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ld_import.errors import JobOverdue, LdImportError
from ld_import.events import Polled
from ld_import.model import Batch, Job, OpenBatch, Outcome, State
from ld_import.pipeline.breaker import Breaker
from ld_import.pipeline.delivery.age import age_of, is_abandoned
from ld_import.pipeline.delivery.delivery import Delivery, FailedBatch, delivered
from ld_import.pipeline.delivery.lookup import EntryReader
from ld_import.pipeline.delivery.on_existing import Existing
from ld_import.pipeline.delivery.poll import JobPoller, Pace, PollRequest
from ld_import.pipeline.delivery.reconcile import resolve
from ld_import.pipeline.delivery.recorder import SentBatch
from ld_import.pipeline.delivery.settle import settle_own
from ld_import.pipeline.delivery.tools import DeliveryOptions, RunTools
from ld_import.pipeline.planning.batch_size import BatchSize

# Maximum number of requests for a batch whose result the server cannot report.
SENDINGS = 3


@dataclass(slots=True)
class _Times:
    """The least and the most time that a batch took from the begin of its request to its end.

    They differ if status requests found the end. At first both are the time of the request.
    """

    most_seconds: float
    least_seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.least_seconds = self.most_seconds

    def end(self, running_seconds: float, polled_seconds: float) -> None:
        """Add the time of the job: it was running until then, and had ended at that time."""
        self.least_seconds = self.least_seconds + running_seconds if running_seconds else 0.0
        self.most_seconds += polled_seconds


class JobFollower:
    """Follows the jobs of one run to the outcomes of their items, and records the outcomes."""

    def __init__(
        self,
        tools: RunTools,
        options: DeliveryOptions,
        existing: Existing,
        reader: EntryReader,
        size: BatchSize,
    ) -> None:
        """`existing` treats outcomes of existing entries, `reader` looks up entries.

        `size` learns from jobs of this run that ended with results.
        """
        self._tools = tools
        self._clock = tools.clock
        self._options = options
        self._existing = existing
        self._reader = reader
        pace = Pace(known=size.seconds_of)
        self._poller = JobPoller(tools.kind, tools.client, tools.clock, pace)
        self._breaker = Breaker()
        self._size = size

    async def follow(
        self, opened: OpenBatch, job: Job, batch: Batch | None, *, is_last: bool = False
    ) -> Delivery:
        """Follow a job to the outcomes of its items; `batch` is `None` for an earlier run's job.

        If the job failed as a whole, its batch is in `Delivery.failed`. Raises the errors of the
        poller.
        """
        times = _Times(self._clock.monotonic() - (opened.began or 0.0))
        if not job.finished:
            try:
                job = await self._polled(opened, job.job_id or "", times if batch else None)
            except JobOverdue as error:
                if not is_abandoned(opened, self._clock):
                    raise
                # Otherwise its items would never be sent again, and each run would end here.
                return await self.resolved(opened, f"{error}, for days", batch)
        if job.is_lost:
            reason = f"the server lost the import job {job.job_id}"
            return await self.resolved(opened, reason, batch, is_last=is_last)
        opened = replace(opened, job_id=job.job_id)
        if job.results is None and (len(opened.keys) > 1 or batch is not None):
            return self._failed_as_a_whole(opened, job, batch)
        settled = settle_own(opened.keys, job)
        if settled is None:
            reason = f"the import job {job.job_id} does not mention these items"
            return await self.resolved(opened, reason, batch, is_last=is_last)
        if job.results is not None:
            self._breaker.note_success()
            if batch is not None:
                self._size.note_job(len(opened.keys), times.least_seconds, times.most_seconds)
        if batch is not None:
            outcomes = await self._existing.treat(settled, batch)
        else:
            outcomes = await self._existing.treat_resumed(settled, opened)
        self.settled(opened, outcomes, job.state, batch)
        return delivered(outcomes)

    async def resolved(
        self,
        opened: OpenBatch,
        reason: str,
        batch: Batch | None,
        *,
        is_last: bool = False,
        is_divisible: bool = False,
    ) -> Delivery:
        """Reconcile a batch without a result; its items become `success` or `lost`.

        With `is_last` the lost items are returned as a failed batch, so that they do not block all
        other items.
        """
        outcomes = await resolve(opened, reason=reason, reader=self._reader, clock=self._clock)
        lost = {outcome.key for outcome in outcomes if outcome.state is State.LOST}
        self.settled(opened, outcomes, "lost", batch)
        if batch is None or not lost:
            return delivered(outcomes)
        error = self._failure(reason, batch)
        if not is_last or error is not None:
            return delivered(outcomes, error=error)
        kept = [outcome for outcome in outcomes if outcome.key not in lost]
        items = tuple(item for item in batch.items if item.key in lost)
        part = _unconfirmed_since(replace(batch, items=items), opened)
        repeatedly = f"{reason}, {SENDINGS} times in a row"
        failed = FailedBatch(part, opened.batch_id, repeatedly, is_divisible)
        return delivered(kept, failed=(failed,))

    def settled(
        self, opened: OpenBatch, outcomes: Sequence[Outcome], job_state: str, batch: Batch | None
    ) -> None:
        """Record the outcomes of a batch; `batch` is `None` for an earlier run's batch."""
        sent = SentBatch(
            opened.batch_id,
            opened.job_id,
            attempt=batch.attempt if batch else 1,
            is_resumed=batch is None,
        )
        self._tools.recorder.settle(sent, outcomes, job_state)

    def _failed_as_a_whole(self, opened: OpenBatch, job: Job, batch: Batch | None) -> Delivery:
        # The server does not report the cause; the next plan decides about `lost` items again.
        reason = f"the import job {job.job_id} ended as {job.state!r} without a list of items"
        outcomes = [Outcome(key, State.LOST, f"{reason}; sent again") for key in opened.keys]
        self.settled(opened, outcomes, job.state, batch)
        if batch is None:
            return delivered(outcomes)
        # The job may have imported some of the items before it failed.
        failed = FailedBatch(_unconfirmed_since(batch, opened), opened.batch_id, reason)
        return Delivery(failed=(failed,), error=self._failure(reason, batch))

    def _failure(self, reason: str, batch: Batch | None) -> LdImportError | None:
        # A failure of an earlier run is not evidence about the server now.
        return self._breaker.failure(reason, attempt=batch.attempt) if batch else None

    async def _polled(self, opened: OpenBatch, job_id: str, times: _Times | None) -> Job:
        # Without `times` the job is that of an earlier run.
        left = self._options.max_wait_seconds - age_of(opened, self._clock).total_seconds()
        now = self._clock.monotonic()
        question = PollRequest(
            job_id=job_id,
            overdue_at=now + left if self._options.is_waiting else now,
            batch_id=opened.batch_id,
            is_fresh=times is not None,
            notifications=self._options.notifications,
            item_count=len(opened.keys),
            on_end=times.end if times else None,
        )
        listen = self._tools.listen
        return await self._poller.poll(question, lambda job: listen(Polled(opened.batch_id, job)))


def _unconfirmed_since(batch: Batch, opened: OpenBatch) -> Batch:
    """Return the batch with its items unconfirmed since this request, or an earlier one."""
    since = {item.key: opened.created_at for item in batch.items}
    return replace(batch, unconfirmed={**since, **batch.unconfirmed})
