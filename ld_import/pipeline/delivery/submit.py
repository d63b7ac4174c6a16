"""Submits batches: each is recorded before its request, and again as soon as its job has an id."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter

from ld_import.created import Pairs
from ld_import.errors import AnswerLost, LdImportError, QuotaReached, UnexpectedAnswer
from ld_import.events import Submitted
from ld_import.kinds.field_hashes import hashes_from
from ld_import.model import Batch, Item, Job, OpenBatch
from ld_import.pipeline.delivery.tools import DeliveryOptions, RunTools
from ld_import.pipeline.planning.batching import body_of
from ld_import.pipeline.quota import Quota

FIELD_HASHES = attrgetter("field_hashes")


@dataclass(frozen=True, slots=True)
class Submission:
    """The result of submitting a batch.

    `opened` is `None` if no request was made. Without `job`, `error` states why.
    """

    opened: OpenBatch | None
    job: Job | None = None
    error: LdImportError | None = None


class Submitter:
    """Submits the batches of one run within the quota."""

    def __init__(self, tools: RunTools, options: DeliveryOptions, quota: Quota) -> None:
        """`options` contain the envelope of the requests."""
        self._tools = tools
        self._options = options
        self._quota = quota
        # The server reports its quota by refusing: of two concurrent requests both would be.
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if tools.kind.has_quota else nullcontext()
        )

    async def submit(self, batch: Batch, token: str | None) -> Submission:
        """Send a batch if the quota permits; `token` identifies the request in notifications."""
        async with self._turn:
            return await self._submit(batch, token)

    async def _submit(self, batch: Batch, token: str | None) -> Submission:
        try:
            await self._tools.clock.checkpoint()
            if not self._quota.fits(len(batch.items)):
                return Submission(None, error=self._quota.reached())
            body = body_of(batch.items, self._options.envelope(token))
            opened = self.record_pending(batch, body)
        except LdImportError as error:
            return Submission(None, error=error)
        try:
            job = await _post(opened.batch_id, body, batch.items, self._tools)
            self.report_submitted(opened, job, batch)
            return Submission(opened, job=job)
        except LdImportError as error:
            if isinstance(error, QuotaReached):
                self._quota.learn(error)
            return Submission(opened, error=error)

    def record_pending(self, batch: Batch, body: bytes) -> OpenBatch:
        """Record a batch as `pending` in the ledger; `body` is empty if no items are posted."""
        clock = self._tools.clock
        now = clock.now()
        marks = list(map(FIELD_HASHES, batch.items))
        if not all(marks):
            marks = [item.field_hashes or hashes_from(item.body) for item in batch.items]
        batch_id = self._tools.ledger.record_pending(
            batch.items,
            marks,
            request_digest=blake2b(body, digest_size=16).digest(),
            now=now,
        )
        keys = tuple([item.key for item in batch.items])
        return OpenBatch(
            batch_id,
            keys,
            now,
            existing=batch.existing,
            field_hashes=Pairs(keys, marks),
            unconfirmed=batch.unconfirmed,
            began=clock.monotonic(),
        )

    def report_submitted(self, opened: OpenBatch, job: Job, batch: Batch) -> None:
        """Emit the event that the server has accepted a batch as a job."""
        self._tools.listen(
            Submitted(opened.batch_id, job.job_id, len(opened.keys), attempt=batch.attempt)
        )


async def _post(batch_id: int, body: bytes, items: Sequence[Item], tools: RunTools) -> Job:
    """Post a batch that is `pending` in the ledger, and record its job.

    A batch that the server declined is closed as `refused` before the error is raised. After any
    other error it remains `pending`, and is reconciled later.
    """
    kind, ledger, clock = tools.kind, tools.ledger, tools.clock
    try:
        answer = await tools.client.submit(kind.path, body, about=(batch_id, None))
    except LdImportError as error:
        if error.is_declined:
            ledger.record_refused(batch_id, str(error), clock.now())
        raise
    job = kind.submitted_from(answer, items)
    if job is None:
        raise UnexpectedAnswer("the answer to the import request names no job")
    if job.is_lost:
        raise AnswerLost(
            "the answer to the import request names its job by an id that is not of the"
            " documented form"
        )
    ledger.record_submitted(batch_id, job, clock.now())
    return job
