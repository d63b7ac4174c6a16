"""A batch the server took in, or may have: followed to outcomes, and these to the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.errors import JobOverdue, LdImportError
from ld_import.events import Listener, Polled, Settled
from ld_import.kinds.base import Kind
from ld_import.ledger.base import Ledger
from ld_import.model import Batch, Job, OpenBatch, Outcome, State
from ld_import.pipeline.age import age_of, is_abandoned
from ld_import.pipeline.breaker import Breaker
from ld_import.pipeline.carried import Carried, Undone
from ld_import.pipeline.existing import Existing
from ld_import.pipeline.hints import Hints
from ld_import.pipeline.lookup import EntryReader
from ld_import.pipeline.poll import Pace, poll
from ld_import.pipeline.resolve import resolve
from ld_import.pipeline.settle import is_about, settle

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

# How often a batch is sent whose end the server cannot tell, the first time included.
SENDINGS = 3


class Follower:
    """Follows the jobs of one run; `hints` is `None` where no notifications are received.

    With `is_waiting` False jobs of earlier runs are asked for once and overdue when not finished.
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
        reader: EntryReader,
        max_wait_seconds: float,
        is_waiting: bool = True,
        hints: Hints | None = None,
    ) -> None:
        """Hand in the tools of a run."""
        self._kind = kind
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._listen = listen
        self._existing = existing
        self._reader = reader
        self._max_wait_seconds = max_wait_seconds
        self._is_waiting = is_waiting
        self._hints = hints
        self._pace = Pace()
        self._breaker = Breaker()

    async def follow(
        self, opened: OpenBatch, job: Job, batch: Batch | None, *, is_last: bool = False
    ) -> Carried:
        """Follow a job to the outcomes of its items; `batch` is `None` for an earlier run's.

        A job that failed as a whole leaves its batch `undone`. Raises what asking raises.
        """
        if not job.finished:
            try:
                job = await self._polled(opened, job.job_id or "", is_fresh=batch is not None)
            except JobOverdue as error:
                if not is_abandoned(opened, self._clock):
                    raise
                # Nothing of it would ever be sent again, and each run would end like this.
                return await self.resolved(opened, f"{error}, for days", batch)
        if job.is_lost:
            why = f"the server lost the import job {job.job_id}"
            return await self.resolved(opened, why, batch, is_last=is_last)
        opened = replace(opened, job_id=job.job_id)
        if job.results is None and (len(opened.keys) > 1 or batch is not None):
            return self._failed_as_a_whole(opened, job, batch)
        if job.results is not None and not is_about(opened.keys, job):
            why = f"the import job {job.job_id} does not mention these items"
            return await self.resolved(opened, why, batch, is_last=is_last)
        if job.results is not None:
            self._breaker.note_success()
        outcomes = settle(opened.keys, job)
        if batch is not None:
            outcomes = await self._existing.treat(outcomes, batch)
        else:
            outcomes = await self._existing.treat_resumed(outcomes, opened)
        self.settled(opened, outcomes, job.state, batch)
        return Carried(outcomes)

    async def resolved(
        self,
        opened: OpenBatch,
        why: str,
        batch: Batch | None,
        *,
        is_last: bool = False,
        is_divisible: bool = False,
    ) -> Carried:
        """Find out what became of a batch nobody tells of; its items are `success` or `lost`.

        After the last sending the lost ones are `undone`, so that they do not block all others.
        """
        outcomes = await resolve(opened, why=why, reader=self._reader, clock=self._clock)
        lost = {one.key for one in outcomes if one.state is State.LOST}
        self.settled(opened, outcomes, "lost", batch)
        if batch is None or not lost:
            return Carried(outcomes)
        error = self._failure(why, batch)
        if not is_last or error is not None:
            return Carried(outcomes, error=error)
        kept = [one for one in outcomes if one.key not in lost]
        items = tuple(item for item in batch.items if item.key in lost)
        reason = f"{why}, {SENDINGS} times in a row"
        part = _unsure_since(replace(batch, items=items), opened)
        undone = Undone(part, opened.batch_id, reason, is_divisible)
        return Carried(kept, undone=(undone,))

    def settled(
        self, opened: OpenBatch, outcomes: list[Outcome], job_state: str, batch: Batch | None
    ) -> None:
        """Write down how the items of a batch ended, and tell."""
        self._ledger.record_settled(
            opened.batch_id, outcomes, job_state=job_state, now=self._clock.now()
        )
        self._listen(
            Settled(
                opened.batch_id,
                opened.job_id,
                job_state,
                tuple(outcomes),
                is_resumed=batch is None,
                attempt=batch.attempt if batch else 1,
            )
        )

    def _failed_as_a_whole(self, opened: OpenBatch, job: Job, batch: Batch | None) -> Carried:
        # Which of them is to blame nobody says; what is closed as `lost` is decided anew.
        reason = f"the import job {job.job_id} ended as {job.state!r} without a list of items"
        outcomes = [Outcome(key, State.LOST, f"{reason}; sent again") for key in opened.keys]
        self.settled(opened, outcomes, job.state, batch)
        if batch is None:
            return Carried(outcomes)
        # It may have imported some of them before it failed.
        undone = Undone(_unsure_since(batch, opened), opened.batch_id, reason)
        return Carried(undone=(undone,), error=self._failure(reason, batch))

    def _failure(self, reason: str, batch: Batch | None) -> LdImportError | None:
        # What went wrong in an earlier run says nothing of the server now.
        return self._breaker.failure(reason, attempt=batch.attempt) if batch else None

    async def _polled(self, opened: OpenBatch, job_id: str, *, is_fresh: bool) -> Job:
        left = self._max_wait_seconds - age_of(opened, self._clock).total_seconds()
        now = self._clock.monotonic()
        return await poll(
            job_id,
            kind=self._kind,
            client=self._client,
            clock=self._clock,
            pace=self._pace,
            overdue_at=now + left if self._is_waiting else now,
            on_answer=lambda job: self._listen(Polled(opened.batch_id, job)),
            batch_id=opened.batch_id,
            is_fresh=is_fresh,
            hints=self._hints,
        )


def _unsure_since(batch: Batch, opened: OpenBatch) -> Batch:
    """Return a batch of whose items the end is unknown since this request, or since before."""
    since = {item.key: opened.created_at for item in batch.items}
    return replace(batch, unconfirmed={**since, **batch.unconfirmed})
