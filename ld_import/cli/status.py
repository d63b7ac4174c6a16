"""`ld-import status`: one import job, as the server tells it and as the ledger remembers it."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ld_import.api import LivingdocsClient, Retry
from ld_import.cli.config import Config, find_config
from ld_import.cli.described import bracketed
from ld_import.cli.find import find_ledger
from ld_import.cli.options import Connection
from ld_import.cli.server import Server, connect, find_server
from ld_import.cli.settings import MAX_WAIT_SECONDS
from ld_import.cli.show import counts, err, json_out, table
from ld_import.cli.tell import EXIT_TROUBLE
from ld_import.cli.text import REDACTOR, duration, plain
from ld_import.clock import SystemClock
from ld_import.errors import LedgerLocked, UnexpectedAnswer, UsageError
from ld_import.ids import is_id, shown_id
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.ledger import LedgerReader, SqliteLedger, exclusive
from ld_import.ledger.reader import Row
from ld_import.model import Job, Target
from ld_import.pipeline.poll import Pace, poll
from ld_import.pipeline.settle import is_about, settle

ITEM_COLUMNS = ("externalId", "state", "mediaId", "line", "reason")


def show_status(
    job_id: str,
    connection: Connection,
    *,
    kind: str | None,
    is_watching: bool,
    max_wait: float | None,
    is_json: bool,
) -> int:
    """Show a job; 3 when something of it failed or it is lost, else 0."""
    if not is_id(job_id):
        raise UsageError(
            f"{shown_id(job_id)} is not the id of a job",
            hint="`ld-import ledger jobs` lists the known ones",
        )
    config = find_config(connection.config)
    server = find_server(connection, config)
    profile = config.profile(connection.profile)
    ledger_path = find_ledger(connection.ledger, profile, config, folder=Path())
    remembered = _remembered(ledger_path, job_id)
    chosen = _kind_of(kind, remembered)
    wait_seconds = MAX_WAIT_SECONDS if max_wait is None else max_wait
    job = asyncio.run(
        _ask(job_id, chosen, server, connection, config, wait_seconds if is_watching else None)
    )
    if is_watching and job.finished:
        _record(job, chosen, server, ledger_path)
    items = _items(ledger_path, job_id, job, remembered)
    if is_json:
        json_out(_document(job, chosen, server, items))
    else:
        _print(job, chosen, server, items)
    is_trouble = job.is_lost or job.state == "failed" or _counts(job)["failed"]
    return EXIT_TROUBLE if is_trouble else 0


async def _ask(
    job_id: str,
    kind: Kind,
    server: Server,
    connection: Connection,
    config: Config,
    wait_seconds: float | None,
) -> Job:
    clock = SystemClock()
    line = connect(server, connection, config, parallel=1)
    async with LivingdocsClient(
        line.http,
        clock,
        api_version=server.api_version,
        on_retry=_tell_retry,
        on_notice=lambda text: err(f"warning: {plain(text)}"),
        proxy=line.proxy,
    ) as client:
        if wait_seconds is None:
            job = kind.job_from(await client.status(kind.path, job_id), job_id)
            if job is None:
                raise UnexpectedAnswer(f"the answer about job {job_id} is not that of a job")
            return job
        return await poll(
            job_id,
            kind=kind,
            client=client,
            clock=clock,
            pace=Pace(),
            overdue_at=clock.monotonic() + wait_seconds,
            on_answer=_teller(),
            is_fresh=False,
        )


def _tell_retry(retry: Retry) -> None:
    waiting = f"{retry.reason}; trying again in {duration(retry.wait_seconds)}"
    err(f"warning: {plain(waiting)}{bracketed(attempt=retry.attempt - 1)}")


def _teller() -> Callable[[Job], None]:
    told: list[str] = []

    def tell(job: Job) -> None:
        if told[-1:] != [job.state]:
            told.append(job.state)
            err(f"job {plain(job.job_id)} is {plain(job.state)}")

    return tell


def _kind_of(given: str | None, remembered: Row | None) -> Kind:
    name = given or (remembered["kind"] if remembered else None) or "videos"
    if name not in KINDS:
        raise UsageError(f"there is no kind {name!r}", hint=f"known: {', '.join(KINDS)}")
    return KINDS[name]


def _remembered(ledger_path: Path, job_id: str) -> Row | None:
    with LedgerReader(ledger_path) as reader:
        return reader.job(job_id)


def _record(job: Job, kind: Kind, server: Server, ledger_path: Path) -> None:
    """Settle the job's batch, unless it is settled, unknown, or a run has the ledger.

    A job that failed as a whole says nothing of its items: the next run takes it apart.
    """
    if not ledger_path.exists() or job.results is None:
        return
    target = Target(server.url, server.project, kind.name)
    # A run that holds the ledger follows its jobs itself.
    with (
        suppress(LedgerLocked),
        exclusive(ledger_path),
        closing(SqliteLedger(ledger_path, target, redact=REDACTOR.redact)) as ledger,
    ):
        for batch in ledger.open_batches():
            if batch.job_id == job.job_id and is_about(batch.keys, job):
                outcomes = settle(batch.keys, job)
                now = SystemClock().now()
                ledger.record_settled(batch.batch_id, outcomes, job_state=job.state, now=now)


def _items(ledger_path: Path, job_id: str, job: Job, remembered: Row | None) -> list[Row]:
    if remembered is not None:
        with LedgerReader(ledger_path) as reader:
            return reader.items_of_job(job_id)
    return [
        {
            "externalId": one.external_id,
            "state": one.state.value if one.state else one.word,
            "mediaId": one.media_id,
            "line": None,
            "reason": one.reason,
        }
        for one in job.results or ()
    ]


def _counts(job: Job) -> Counter[str]:
    return Counter(one.state.value if one.state else one.word for one in job.results or ())


def _document(job: Job, kind: Kind, server: Server, items: list[Row]) -> dict[str, Any]:
    return {
        "id": job.job_id,
        "kind": kind.name,
        "target": server.url,
        "state": job.state,
        "finished": job.finished,
        "outcomes": dict(_counts(job)),
        "items": items,
    }


def _print(job: Job, kind: Kind, server: Server, items: list[Row]) -> None:
    state = f"{job.state}, {'finished' if job.finished else 'not finished'}"
    counts(f"{kind.name} job {job.job_id} on {server.url}: {state}", list(_counts(job).items()))
    if items:
        table(ITEM_COLUMNS, items)
    sys.stdout.flush()
    if job.is_lost:
        err(
            "hint: the server does not know this job; if it was yours, run the import again: it"
            " finds out what became of its items"
        )
