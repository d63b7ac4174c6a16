"""The only place that makes the real things: clock, client, ledger, listener, run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from ld_import.api import LivingdocsClient, Retry
from ld_import.cli.described import LEVELS
from ld_import.cli.options import Logging
from ld_import.cli.server import http_client
from ld_import.cli.settings import rules_of
from ld_import.cli.show import err
from ld_import.cli.task import Task
from ld_import.clock import Clock
from ld_import.errors import LedgerError, LedgerLocked, UsageError
from ld_import.events import Event, Listener, Waiting
from ld_import.ledger import Ledger, LedgerReader, SeenKeys, SqliteLedger, held
from ld_import.pipeline.carry import Carrier
from ld_import.pipeline.cut import Cutter
from ld_import.pipeline.existing import Existing, OnExisting
from ld_import.pipeline.identity import guard_identity
from ld_import.pipeline.isolate import Isolator
from ld_import.pipeline.plan import Planner
from ld_import.pipeline.quota import Allowance
from ld_import.pipeline.run import Limits, Run

if TYPE_CHECKING:
    import httpx


class Watcher(Protocol):
    """A listener that is opened before a run and closed after it."""

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        ...

    def __enter__(self) -> Self:
        """Open."""
        ...

    def __exit__(self, *raised: object) -> None:
        """Close."""
        ...


def planner_of(task: Task, ledger: Ledger, seen: SeenKeys) -> Planner:
    """Return the stage that decides."""
    head, tail = task.envelope
    largest = task.settings.batch_bytes - len(head) - len(tail)
    return Planner(
        mapping=task.mapping,
        kind=task.kind,
        system_name=task.settings.system_name,
        ledger=ledger,
        seen=seen,
        rules=rules_of(task.options, largest_item_bytes=largest),
    )


def cutter_of(task: Task) -> Cutter:
    """Return the stage that makes batches."""
    chosen = task.settings
    around = sum(len(part) for part in task.envelope)
    return Cutter(chosen.batch_size, chosen.batch_bytes, around)


def http_of(task: Task) -> httpx.AsyncClient:
    """Return the connection to the server, before anything is written. Raises UsageError."""
    parallel = task.settings.parallel
    return http_client(task.server, task.connection, task.config, parallel=parallel)


def client_of(
    task: Task, http: httpx.AsyncClient, clock: Clock, listen: Listener
) -> LivingdocsClient:
    """Return the way to the server."""
    chosen = task.settings
    return LivingdocsClient(
        http,
        clock,
        api_version=task.server.api_version,
        run_id=task.run_id,
        max_rate=chosen.max_rate,
        on_retry=lambda retry: listen(_waiting(retry)),
    )


def run_of(
    task: Task,
    client: LivingdocsClient,
    ledger: Ledger,
    seen: SeenKeys,
    clock: Clock,
    listen: Listener,
) -> Run:
    """Return the run: all stages, joined."""
    chosen = task.settings
    cutter = cutter_of(task)
    policy = OnExisting(chosen.on_existing)
    return Run(
        manifest=task.manifest_name,
        records_file=str(task.manifest.records_path),
        planner=planner_of(task, ledger, seen),
        cutter=cutter,
        carrier=lambda hear: Carrier(
            kind=task.kind,
            client=client,
            ledger=ledger,
            clock=clock,
            listen=hear,
            existing=Existing(client, clock, policy),
            envelope=task.envelope,
            max_wait_seconds=chosen.max_wait_seconds,
            is_waiting=not task.options.no_wait,
        ),
        isolator=lambda carrier, hear: Isolator(
            carrier,
            path=task.kind.list_key,
            ledger=ledger,
            clock=clock,
            listen=hear,
            on_too_large=cutter.halve,
        ),
        allowance=Allowance(ledger, clock, daily_limit=chosen.daily_limit),
        ledger=ledger,
        clock=clock,
        listen=listen,
        limits=Limits(
            parallel=chosen.parallel,
            max_duration_seconds=chosen.max_duration_seconds,
            is_waiting_for_quota=chosen.is_waiting_for_quota,
        ),
    )


def guard(task: Task, ledger: Ledger) -> None:
    """Refuse to create items twice because their ids changed. Raises UsageError."""
    if not task.options.accept_new_ids:
        guard_identity(
            task.manifest.records(),
            manifest=task.manifest_name,
            now=task.identity,
            keys_under=task.keys_under,
            ledger=ledger,
        )


@contextmanager
def writing_ledger(task: Task) -> Iterator[SqliteLedger]:
    """Hold the ledger for this run and open it; LedgerLocked names the run that has it."""
    try:
        with held(task.ledger_path):
            ledger = SqliteLedger(task.ledger_path, task.target)
            try:
                yield ledger
            finally:
                ledger.close()
    except LedgerLocked as error:
        raise LedgerLocked(f"{error}{_holder(task.ledger_path)}") from None


def watcher(logging: Logging, clock: Clock, run_id: str) -> Watcher:
    """Return the listener for this terminal, pipe or log."""
    level = level_of(logging)
    if logging.log_format not in (None, "text", "json"):
        raise UsageError(f"there is no log format {logging.log_format!r}", hint="text or json")
    if logging.log_format == "json":
        from ld_import.cli.jsonlines import JsonLines

        return JsonLines(err, clock.now, level=level, run_id=run_id)
    from ld_import.cli.board import Board

    board = Board(clock.monotonic)
    if sys.stderr.isatty() and LEVELS.index(level) <= LEVELS.index("info"):
        from ld_import.cli.progress import Progress
        from ld_import.cli.show import console

        return Progress(board, console(to_stderr=True), level=level)
    from ld_import.cli.lines import Lines

    return Lines(board, err, level=level)


def level_of(logging: Logging) -> str:
    """Return the least level worth a line: `-q` and `-v` are short for two of them."""
    if logging.log_level is not None and logging.log_level not in LEVELS:
        raise UsageError(
            f"there is no log level {logging.log_level!r}", hint=f"one of {', '.join(LEVELS)}"
        )
    if logging.quiet:
        return "error"
    return "debug" if logging.verbose else logging.log_level or "info"


def _waiting(retry: Retry) -> Waiting:
    return Waiting(f"{retry.reason} (attempt {retry.attempt - 1})", retry.wait_seconds)


def _holder(ledger_path: Path) -> str:
    try:
        with LedgerReader(ledger_path) as reader:
            run = reader.unfinished_run()
    except LedgerError:
        return ""
    if run is None:
        return ""
    return f" (process {run['pid']} on {run['host']} since {run['startedAt']}: {run['command']})"
