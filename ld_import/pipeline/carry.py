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
from ld_import.model import Batch, OpenBatch, Outcome, State
from ld_import.pipeline.poll import Pace, poll
from ld_import.pipeline.resolve import resolve
from ld_import.pipeline.settle import settle
from ld_import.pipeline.submit import body_of, submit

# How often a batch is sent whose end the server cannot tell, the first time included.
SENDINGS = 3


@dataclass(slots=True)
class Carried:
    """How far a batch came. What has no outcome is `open_count` on the server or `unsent_count`."""

    outcomes: list[Outcome] = field(default_factory=list)
    open_count: int = 0
    unsent_count: int = 0
    error: LdImportError | None = None


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
        self._envelope = envelope
        self._max_wait = timedelta(seconds=max_wait_seconds)
        self._is_waiting = is_waiting
        self._pace = Pace()

    async def carry(self, batch: Batch) -> Carried:
        """Send a batch and follow it to its end; what got lost is sent again, a few times."""
        carried = Carried()
        for sending in range(1, SENDINGS + 1):
            once = await self._send(batch, is_last=sending == SENDINGS)
            carried.open_count, carried.unsent_count = once.open_count, once.unsent_count
            carried.error = once.error
            lost = {one.key for one in once.outcomes if one.state is State.LOST}
            carried.outcomes += [one for one in once.outcomes if one.key not in lost]
            if not lost or once.error:
                break
            batch = replace(batch, items=tuple(one for one in batch.items if one.key in lost))
        return carried

    async def resume(self, batch: OpenBatch) -> Carried:
        """Take a batch of an earlier run to its end; what got lost is left to the plan."""
        try:
            if batch.job_id is None:
                why = "the request of an earlier run had no answer"
                return Carried(await self._resolve(batch, why, is_resumed=True))
            self._listen(Submitted(batch.batch_id, batch.job_id, len(batch.keys), is_resumed=True))
            return Carried(await self._follow(batch, is_resumed=True))
        except LdImportError as error:
            return Carried(open_count=len(batch.keys), error=error)

    async def _send(self, batch: Batch, *, is_last: bool) -> Carried:
        count = len(batch.items)
        body = body_of(batch.items, self._envelope)
        try:
            opened = self._record_pending(batch, body)
        except LdImportError as error:
            return Carried(unsent_count=count, error=error)
        try:
            opened = await self._submit(opened, body)
        except AnswerLost as error:
            return await self._after_lost_answer(opened, error, is_last=is_last)
        except LdImportError as error:
            return self._after_refusal(opened, error)
        if not self._is_waiting:
            return Carried(open_count=count)
        try:
            return Carried(await self._follow(opened, is_last=is_last))
        except LdImportError as error:
            return Carried(open_count=count, error=error)

    def _record_pending(self, batch: Batch, body: bytes) -> OpenBatch:
        now = self._clock.now()
        batch_id = self._ledger.record_pending(
            batch.items,
            [marks_from(item.body) for item in batch.items],
            request_digest=blake2b(body, digest_size=16).digest(),
            now=now,
        )
        keys = tuple(item.key for item in batch.items)
        return OpenBatch(batch_id, keys, now, existing=batch.existing)

    async def _submit(self, opened: OpenBatch, body: bytes) -> OpenBatch:
        job = await submit(
            opened.batch_id,
            body,
            kind=self._kind,
            client=self._client,
            ledger=self._ledger,
            clock=self._clock,
        )
        self._listen(Submitted(opened.batch_id, job.job_id, len(opened.keys)))
        return replace(opened, job_id=job.job_id)

    def _after_refusal(self, opened: OpenBatch, error: LdImportError) -> Carried:
        count = len(opened.keys)
        if not error.is_declined:
            return Carried(open_count=count, error=error)
        self._listen(Declined(opened.batch_id, count, str(error)))
        return Carried(unsent_count=count, error=error)

    async def _after_lost_answer(
        self, opened: OpenBatch, error: AnswerLost, *, is_last: bool
    ) -> Carried:
        try:
            outcomes = await self._resolve(opened, str(error))
        except LdImportError as later:
            return Carried(open_count=len(opened.keys), error=later)
        lost_count = sum(one.state is State.LOST for one in outcomes)
        if not is_last or not lost_count:
            return Carried(outcomes)
        return Carried(outcomes, unsent_count=lost_count, error=error)

    async def _follow(
        self, opened: OpenBatch, *, is_last: bool = False, is_resumed: bool = False
    ) -> list[Outcome]:
        job_id = opened.job_id or ""
        job = await poll(
            job_id,
            kind=self._kind,
            client=self._client,
            clock=self._clock,
            pace=self._pace,
            overdue_at=opened.created_at + self._max_wait,
            on_answer=lambda job: self._listen(Polled(opened.batch_id, job)),
            is_fresh=not is_resumed,
        )
        if job.is_lost:
            why = f"the server lost the import job {job_id}"
            return await self._resolve(opened, why, is_last=is_last, is_resumed=is_resumed)
        return self._settled(opened, settle(opened.keys, job), job.state, is_resumed)

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
