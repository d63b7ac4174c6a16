"""One batch from the plan to the ledger: sent, followed, and what to do when sending breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.errors import (
    AnswerLost,
    JobOverdue,
    LdImportError,
    QuotaReached,
    ServerUnavailable,
)
from ld_import.events import Declined, Listener, Submitted, Waiting
from ld_import.kinds.base import Kind
from ld_import.kinds.marks import marks_from
from ld_import.ledger.base import Ledger
from ld_import.model import Batch, Item, Job, OpenBatch, Outcome, State
from ld_import.pipeline.busy import TOTAL_SECONDS, Attempts, wait_seconds
from ld_import.pipeline.carried import Carried
from ld_import.pipeline.existing import Existing, OnExisting
from ld_import.pipeline.follow import SENDINGS, Follower
from ld_import.pipeline.hints import Hints
from ld_import.pipeline.quota import Allowance
from ld_import.pipeline.submit import body_of, submit

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

# How long a notification may take to tell which job was made of a request without an answer.
TOLD_WITHIN_SECONDS = 5.0
# What stands around the items of a request; the token names the request in its notification.
Envelope = Callable[[str | None], tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Posted:
    """A request made: without `opened` it was not, without `job` its `error` tells why."""

    opened: OpenBatch | None
    job: Job | None = None
    error: LdImportError | None = None


class Carrier:
    """Takes batches to their end, any number at once; configured once a run.

    With `is_waiting` False jobs are submitted and left to a later run; `hints` is `None` where no
    notifications are received. What the server took in goes on with the follower.
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
        envelope: Envelope,
        allowance: Allowance,
        follower: Follower,
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
        self._envelope = envelope
        self._allowance = allowance
        # The server tells its quota by refusing: of two requests on their way both would be.
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if kind.has_quota else nullcontext()
        )
        self._is_waiting = is_waiting
        self._hints = hints
        self._follower = follower

    async def carry(self, batch: Batch) -> Carried:
        """Send a batch and follow it to its end; what got lost is sent again, a few times.

        Items that are to be patched and known to exist are patched without being sent. A batch
        whose job failed as a whole is `undone`, and left to the caller.
        """
        old = tuple(item for item in batch.items if item.key in batch.existing)
        if self._existing.policy is OnExisting.PATCH and old:
            return await self._carry_apart(batch, old)
        outcomes: list[Outcome] = []
        attempts = Attempts(SENDINGS, self._clock.monotonic() + TOTAL_SECONDS)
        while True:
            carried = await self._send(batch, is_last=attempts.is_last)
            lost = {one.key for one in carried.outcomes if one.state is State.LOST}
            outcomes += [one for one in carried.outcomes if one.key not in lost]
            if not lost or carried.error:
                break
            is_busy = carried.busy is not None
            if attempts.is_over(self._clock.monotonic(), is_busy=is_busy):
                carried.error = carried.busy
                break
            again = tuple(item for item in batch.items if item.key in lost)
            since = {key: carried.sent_at for key in lost if carried.sent_at}
            unconfirmed = {**since, **batch.unconfirmed}
            batch = replace(batch, items=again, unconfirmed=unconfirmed, attempt=batch.attempt + 1)
        carried.outcomes, carried.unconfirmed = outcomes, batch.unconfirmed
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
            self._follower.settled(opened, outcomes, "patched", batch)
            return Carried(outcomes)
        except LdImportError as error:
            return Carried(open_count=len(batch.items), error=error, batch_id=opened.batch_id)

    async def resume(self, batch: OpenBatch) -> Carried:
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
            overdue = error if self._is_waiting else None
            return Carried(open_count=len(batch.keys), error=overdue)
        except LdImportError as error:
            return Carried(open_count=len(batch.keys), error=error)

    async def _send(self, batch: Batch, *, is_last: bool) -> Carried:
        token = self._hints.expect() if self._hints else None
        try:
            async with self._turn:
                posted = await self._post(batch, token)
            carried = await self._after(posted, batch, token, is_last=is_last)
        finally:
            if self._hints and token:
                self._hints.forget(token)
        if posted.opened:
            carried.batch_id, carried.sent_at = posted.opened.batch_id, posted.opened.created_at
        return carried

    async def _post(self, batch: Batch, token: str | None) -> _Posted:
        try:
            # Here a request to stop is noticed.
            await self._clock.sleep(0)
            if not self._allowance.fits(len(batch.items)):
                return _Posted(None, error=self._allowance.reached())
            body = body_of(batch.items, self._envelope(token))
            opened = self._record_pending(batch, body)
        except LdImportError as error:
            return _Posted(None, error=error)
        try:
            return _Posted(opened, job=await self._submit(opened, batch, body))
        except LdImportError as error:
            if isinstance(error, QuotaReached):
                self._allowance.learn(error)
            return _Posted(opened, error=error)

    async def _after(
        self, posted: _Posted, batch: Batch, token: str | None, *, is_last: bool
    ) -> Carried:
        opened, error = posted.opened, posted.error
        if opened is None:
            return Carried(unsent=batch.items, error=error)
        if posted.job is not None:
            return await self._follow(opened, posted.job, batch, is_last=is_last)
        if isinstance(error, AnswerLost):
            return await self._after_lost_answer(opened, batch, error, token, is_last=is_last)
        if error is None or not error.is_declined:
            return Carried(open_count=len(batch.items), error=error)
        self._listen(Declined(opened.batch_id, len(batch.items), str(error), batch.attempt))
        try:
            self._keep_unsure(batch, opened)
        except LdImportError as later:
            error = later
        return Carried(unsent=batch.items, error=error)

    async def _follow(self, opened: OpenBatch, job: Job, batch: Batch, *, is_last: bool) -> Carried:
        if not self._is_waiting and not job.finished:
            return Carried(open_count=len(batch.items))
        try:
            return await self._follower.follow(opened, job, batch, is_last=is_last)
        except LdImportError as error:
            return Carried(open_count=len(batch.items), error=error)

    def _record_pending(self, batch: Batch, body: bytes) -> OpenBatch:
        now = self._clock.now()
        marks = [item.field_hashes or marks_from(item.body) for item in batch.items]
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
        job = await submit(
            opened.batch_id,
            body,
            batch.items,
            kind=self._kind,
            client=self._client,
            ledger=self._ledger,
            clock=self._clock,
        )
        self._tell_submitted(opened, job, batch)
        return job

    def _tell_submitted(self, opened: OpenBatch, job: Job, batch: Batch) -> None:
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
            now = self._clock.now()
            self._ledger.record_settled(opened.batch_id, still, job_state="refused", now=now)

    async def _after_lost_answer(
        self,
        opened: OpenBatch,
        batch: Batch,
        error: AnswerLost,
        token: str | None,
        *,
        is_last: bool,
    ) -> Carried:
        try:
            await self._wait_while_busy(opened, batch, error)
            if self._hints and token:
                job_id = await self._hints.job_of(token, TOLD_WITHIN_SECONDS)
                if job_id is not None:
                    return await self._follow_told(opened, job_id, batch, is_last=is_last)
            # One item may be what the server stumbles over each time.
            carried = await self._follower.resolved(
                opened,
                str(error),
                batch,
                is_last=is_last and not error.is_busy,
                is_divisible=True,
            )
            if error.is_busy:
                carried.busy = ServerUnavailable(str(error), is_declined=False)
            return carried
        except LdImportError as later:
            return Carried(open_count=len(opened.keys), error=later)

    async def _wait_while_busy(self, opened: OpenBatch, batch: Batch, error: AnswerLost) -> None:
        seconds = wait_seconds(error, batch.attempt)
        if seconds:
            self._listen(Waiting(str(error), seconds, opened.batch_id, attempt=batch.attempt))
            await self._clock.sleep(seconds)

    async def _follow_told(
        self, opened: OpenBatch, job_id: str, batch: Batch, *, is_last: bool
    ) -> Carried:
        """Follow the job a notification names; that it is ours is told by the request's token."""
        job = Job(job_id, "started", finished=False)
        self._ledger.record_submitted(opened.batch_id, job, self._clock.now())
        self._tell_submitted(opened, job, batch)
        return await self._follow(opened, job, batch, is_last=is_last)
