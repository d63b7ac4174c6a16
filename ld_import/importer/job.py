"""One import job: get it, follow it to its end."""

from __future__ import annotations

from collections.abc import Callable

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.clock import Clock, SystemClock
from ld_import.errors import UnexpectedAnswer
from ld_import.events import Listener, Note
from ld_import.importer.http import connect
from ld_import.importer.listening import waiting
from ld_import.importer.server import Server
from ld_import.kinds.base import Kind
from ld_import.model import Job


async def ask_job(job_id: str, kind: Kind, server: Server, listen: Listener) -> Job:
    """Return a job as the server reports it now. Raises UnexpectedAnswer, and ApiError."""
    async with _client(server, SystemClock(), listen) as client:
        job = kind.job_from(await client.status(kind.path, job_id), job_id)
    if job is None:
        raise UnexpectedAnswer(f"the answer about job {job_id} does not describe a job")
    return job


async def follow_job(
    job_id: str,
    kind: Kind,
    server: Server,
    listen: Listener,
    *,
    wait_seconds: float,
    on_answer: Callable[[Job], None],
) -> Job:
    """Return a job when it has ended. Raises ApiError, and JobOverdue after `wait_seconds`."""
    # Imported here: asking once does not need it.
    from ld_import.pipeline.delivery.poll import JobPoller, PollRequest

    clock = SystemClock()
    async with _client(server, clock, listen) as client:
        overdue_at = clock.monotonic() + wait_seconds
        question = PollRequest(job_id=job_id, overdue_at=overdue_at, is_fresh=False)
        return await JobPoller(kind, client, clock).poll(question, on_answer)


def _client(server: Server, clock: Clock, listen: Listener) -> LivingdocsClient:
    connection = connect(server, parallel=1)
    return LivingdocsClient(
        connection.http,
        clock,
        ClientOptions(api_version=server.api_version, proxy=connection.proxy),
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
    )
