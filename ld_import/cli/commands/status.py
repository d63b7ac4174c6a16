"""`ld-import status`: one import job, as reported by the server and recorded in the ledger."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.options import (
    JsonFlags,
    KindFlags,
    LedgerFlags,
    MaxWaitFlags,
    ServerFlags,
    command_flags,
    command_of,
)
from ld_import.cli.output.console import counts, json_out, print_err, print_event, table
from ld_import.cli.output.sanitize import REDACTOR, sanitize
from ld_import.errors import EXIT_TROUBLE, UsageError

# Imported when a job is requested: `--help` does not need them.
if TYPE_CHECKING:
    from ld_import.importer.server import Server
    from ld_import.kinds.base import Kind
    from ld_import.ledger import LedgerReader
    from ld_import.ledger.reader import Row
    from ld_import.model import Job

LOST = (
    "the server does not know this job; if it is one of yours, run the import again, which"
    " reconciles its items"
)
ITEM_COLUMNS = ("externalId", "state", "mediaId", "line", "reason")


@command_flags
class StatusFlags(JsonFlags, MaxWaitFlags, LedgerFlags, ServerFlags, KindFlags):
    """The flags of `status`."""

    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="Id of the import job.")]
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the job to its end and record its outcomes.")
    ] = False


def show_status(flags: StatusFlags) -> int:
    """Show a job; return 3 if any of its items failed or the job is lost, else 0."""
    from ld_import.cli.config.discovery import find_ledger
    from ld_import.cli.config.file import find_config
    from ld_import.cli.config.server import find_server, with_credentials
    from ld_import.ledger import LedgerReader

    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    server = find_server(flags, profile, config)
    ledger_path = find_ledger(flags.ledger, profile, config, folder=Path())
    with LedgerReader(ledger_path) as reader:
        known = reader.job(flags.job_id)
        hint = None if known is not None else _item_hint(flags.job_id, reader)
    _check_id(flags.job_id, hint)
    kind = _kind_of(flags.kind, known)
    job = _get_job(flags, kind, with_credentials(server, flags, profile, config))
    if flags.watch and job.finished:
        from ld_import.importer.job_record import record_job
        from ld_import.model import Target

        target = Target(server.url, server.project, kind.name)
        record_job(job, target, ledger_path, REDACTOR)
    items = _items(ledger_path, flags.job_id, job, known)
    if flags.json:
        json_out(_document(job, kind, server, items))
    else:
        _print(job, kind, server, items)
        if job.is_lost:
            print_err(f"hint: {sanitize(hint or LOST)}")
    needs_attention = job.is_lost or job.state == "failed" or _counts(job)["failed"]
    return EXIT_TROUBLE if needs_attention else 0


command = command_of(StatusFlags, show_status)


def _item_hint(word: str, reader: LedgerReader) -> str | None:
    """Return advice if an externalId was given, which is easily mistaken for a job id."""
    item = next(iter(reader.show(word)), None)
    if item is None:
        return None
    job = f", its last job is {item['jobId']}" if item["jobId"] else ""
    return (
        f"{word!r} is the externalId of an item{job}: `ld-import ledger show {quote(word)}`"
        " shows it"
    )


def _check_id(job_id: str, hint: str | None) -> None:
    from ld_import.ids import is_id, shown_id

    if not is_id(job_id):
        raise UsageError(
            f"{shown_id(job_id)} is not the id of a job",
            hint=hint or "`ld-import ledger jobs` lists the known job ids",
        )


def _kind_of(given: str | None, known: Row | None) -> Kind:
    from ld_import.importer.checks import check_kind
    from ld_import.kinds import KINDS

    name = given or (known["kind"] if known else None) or "videos"
    check_kind(name)
    return KINDS[name]


def _get_job(flags: StatusFlags, kind: Kind, server: Server) -> Job:
    import asyncio

    from ld_import.importer.checks import check_seconds
    from ld_import.importer.job import ask_job, follow_job

    if flags.max_wait is not None:
        check_seconds("max_wait_seconds", flags.max_wait)
    if not flags.watch:
        return asyncio.run(ask_job(flags.job_id, kind, server, print_event))
    # Imported here: asking once needs no settings.
    from ld_import.importer.settings import MAX_WAIT_SECONDS

    return asyncio.run(
        follow_job(
            flags.job_id,
            kind,
            server,
            print_event,
            wait_seconds=MAX_WAIT_SECONDS if flags.max_wait is None else flags.max_wait,
            on_answer=_state_printer(),
        )
    )


def _state_printer() -> Callable[[Job], None]:
    printed: list[str] = []

    def print_change(job: Job) -> None:
        if printed[-1:] != [job.state]:
            printed.append(job.state)
            print_err(f"job {sanitize(job.job_id)} is {sanitize(job.state)}")

    return print_change


def _items(ledger_path: Path, job_id: str, job: Job, known: Row | None) -> list[Row]:
    if known is not None:
        from ld_import.ledger import LedgerReader

        with LedgerReader(ledger_path) as reader:
            return reader.items_of_job(job_id)
    return [
        {
            "externalId": result.external_id,
            "state": result.state.value if result.state else result.word,
            "mediaId": result.media_id,
            "line": None,
            "reason": result.reason,
        }
        for result in job.results or ()
    ]


def _counts(job: Job) -> Counter[str]:
    return Counter(
        result.state.value if result.state else result.word for result in job.results or ()
    )


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
