"""A batch becomes a job: recorded before the request, and again as soon as it has an id."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.errors import AnswerLost, LdImportError, UnexpectedAnswer
from ld_import.model import Item, Job
from ld_import.pipeline.delivery.tools import RunTools


async def submit(batch_id: int, body: bytes, items: Sequence[Item], tools: RunTools) -> Job:
    """Post a batch that is `pending` in the ledger, and record its job.

    A batch the server declined is closed as `refused` before the error is raised. After any other
    error it stays `pending`: whether the server accepted it is found out later.
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
