"""A batch becomes a job: written down before the request, and again as soon as it has an id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.errors import AnswerLost, LdImportError, UnexpectedAnswer
from ld_import.kinds.base import Kind
from ld_import.ledger.base import Ledger
from ld_import.model import Item, Job

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient


def body_of(items: Sequence[Item], envelope: tuple[bytes, bytes]) -> bytes:
    """Return the request's body: the items' own JSON between head and tail of the envelope."""
    head, tail = envelope
    return head + b",".join([item.body for item in items]) + tail


async def submit(
    batch_id: int,
    body: bytes,
    items: Sequence[Item],
    *,
    kind: Kind,
    client: LivingdocsClient,
    ledger: Ledger,
    clock: Clock,
) -> Job:
    """Post a batch the ledger has as `pending`, and write down its job.

    A batch the server declined is closed as `refused` before the error goes up. After any other
    error it stays `pending`: whether it was taken in is to be found out.
    """
    try:
        answer = await client.submit(kind.path, body, about=(batch_id, None))
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
