"""One import as a call. It prints nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    closing,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from signal import SIGHUP
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from ld_import.clock import Clock, SystemClock
from ld_import.errors import LdImportError, UsageError
from ld_import.events import Listener, Note
from ld_import.importer.garbage import rare_collection
from ld_import.importer.listening import ignore, opened
from ld_import.importer.new_run import NewRun
from ld_import.importer.planning import guard
from ld_import.importer.result import (
    Facts,
    ImportResult,
    exit_code_of,
    size_summary,
    summary_of,
)
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import Ledger, SeenKeys, SqliteLedger

# Imported when a run begins: httpx and asyncio take half of the start-up time of a dry run.
if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient
    from ld_import.importer.files import FileTools
    from ld_import.importer.http import Connection
    from ld_import.importer.spot_check import SpotCheck
    from ld_import.pipeline.planning.batch_size import BatchSize
    from ld_import.pipeline.planning.plan_source import PlanSource
    from ld_import.pipeline.run import Run
    from ld_import.pipeline.shutdown import StoppableClock

STOPPING = (
    "stopping: no new batch starts, and requests in flight get a few seconds to end; a second"
    " Ctrl-C stops at once"
)
# While entered, it calls its argument with the job id and the token of every notification.
Receive = Callable[[Callable[[str, str | None], None]], AbstractAsyncContextManager[None]]


class Interrupts(Protocol):
    """The source of requests to stop a run, such as signals."""

    def defer(self) -> None:
        """Defer requests until `handed_to`: the run has begun, and its end must be recorded."""
        ...

    def handed_to(
        self, take: Callable[[int], None], note: Callable[[int], None]
    ) -> AbstractContextManager[None]:
        """Pass signal numbers to `take` in the event loop, and to `note` immediately."""
        ...


class NoInterrupts:
    """No requests to stop but Ctrl-C, which ends the run with the error Interrupted (130)."""

    def defer(self) -> None:
        """Defer nothing."""

    def handed_to(
        self, take: Callable[[int], None], note: Callable[[int], None]
    ) -> AbstractContextManager[None]:
        """Pass nothing."""
        return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnvironment:
    """Everything that a run takes from the program it is part of; the defaults suit a script.

    - `clock`: the source of time.
    - `run`: id and start of the run; by default they are new.
    - `interrupts`: the source of requests to stop.
    - `receive`: passes the server's notifications on, if `ImportSpec.has_receiver` is set.
    - `connection`: used instead of a new HTTP connection to `ImportSpec.server`.
    - `rng`: the source of jitter in delays.
    """

    clock: Clock = field(default_factory=SystemClock)
    run: NewRun | None = None
    interrupts: Interrupts = field(default_factory=NoInterrupts)
    receive: Receive | None = None
    connection: Connection | None = None
    rng: random.Random | None = None


def run_import(
    spec: ImportSpec, listen: Listener = ignore, *, environment: RunEnvironment | None = None
) -> ImportResult:
    """Import a manifest and return the result.

    To run the same spec again finishes the work; items that are on the server are not sent again.

        server = Server(url="https://server.example", token="…")
        manifest = open_manifest(Path("films.yaml"))
        spec = ImportSpec.for_manifest(
            manifest, kind="videos", server=server, ledger_path=Path("films.sqlite3")
        )
        result = run_import(spec, print)
        print(result.exit_code, result.summary["outcomes"])

    `listen` is called with every event of `ld_import.events`. A listener that is a context manager
    is entered when the run begins, and left when it ends.

    An exception of `listen` ends the run and is raised, in an ExceptionGroup if batches were in
    flight.

    Errors before the run begins are raised: UsageError, ManifestError, LedgerError, LedgerLocked.
    An error that ends a run early is returned as `ImportResult.error`; the ledger then has recorded
    everything in flight and the end of the run. Must not be called in a running event loop.
    """
    import asyncio

    from ld_import.importer.http import connect
    from ld_import.importer.opened_ledger import writing_ledger

    # asyncio refuses it only when the ledger has recorded the begin of a run.
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise UsageError(
            "run_import was called in a running event loop",
            hint="call it in a thread: await asyncio.to_thread(run_import, spec)",
        )
    if spec.server is None:
        raise UsageError("no server is given", hint="create the spec with server=Server(…)")
    environment = environment or RunEnvironment()
    connection = environment.connection or connect(spec.server, parallel=spec.parallel)
    run = environment.run or NewRun.at(environment.clock)
    with writing_ledger(spec, run) as ledger:
        return import_into(ledger, spec, run, connection, listen, environment)


def import_into(
    ledger: SqliteLedger,
    spec: ImportSpec,
    run: NewRun,
    connection: Connection,
    listen: Listener,
    environment: RunEnvironment,
) -> ImportResult:
    """Import a manifest with a ledger that is locked and open, and a connection to the server."""
    import asyncio

    from ld_import.importer import build
    from ld_import.importer.preflight import Preflight
    from ld_import.importer.spot_check import SpotCheck
    from ld_import.pipeline.delivery.notifications import Notifications
    from ld_import.pipeline.shutdown import StoppableClock

    guard(spec, ledger)
    clock = StoppableClock(environment.clock)
    files = _file_tools(spec)
    with closing(SeenKeys()) as seen, opened(listen) as listener, _closing(files):
        client = build.client_of(
            spec, connection, clock, listener, run_id=run.run_id, rng=environment.rng
        )
        clock.on_stop(client.stop)
        clock.on_stop(lambda: listener(Note(STOPPING)))
        if files is not None:
            clock.on_stop(files.stop)
        notifications = Notifications(clock, listener) if spec.has_receiver else None
        preflight = Preflight(spec.kind, client, clock, listener) if spec.preflight else None
        spot_check = SpotCheck(ledger, client, listener, clock.now()) if spec.spot_check else None
        ask_check = preflight.ask_check if preflight else None
        chunks = build.plan_source_of(spec, ledger, seen, clock, ask_check, files)
        events = build.events_of(spec, listener)
        tools = build.tools_of(spec, client, ledger, clock, events)
        stages = build.run_of(spec, tools, events, notifications, files)
        receive, interrupts = environment.receive, environment.interrupts
        receiving = receive(notifications.notice) if notifications and receive else nullcontext()
        interrupts.defer()
        ledger.begin_run(spec.run_start(run))
        steps = _Steps(spot_check, stages, chunks)
        with rare_collection():
            error = asyncio.run(_execute(steps, client, receiving, clock, interrupts))
        for text in files.notes() if files else ():
            listener(Note(text))
    loss = _loss_of(ledger)
    error = loss or error
    exit_code = exit_code_of(stages.tally, error)
    seconds = environment.clock.monotonic() - run.started_monotonic
    summary = summary_of(
        stages.tally,
        Facts.of(spec, run, seconds=seconds, exit_code=exit_code, is_dry_run=False),
        requests=_requests_of(client),
        more={
            "batchSize": size_summary(stages.size),
            "serverWarnings": client.warned,
            "preflight": preflight.summary(stages.tally) if preflight else None,
            "spotCheck": spot_check.summary() if spot_check else None,
            **({"uploads": files.summary()} if files else {}),
        },
    )
    warnings = () if loss else _record_end(ledger, summary, stages.size, environment.clock)
    return ImportResult(
        tally=stages.tally, summary=summary, exit_code=exit_code, error=error, warnings=warnings
    )


def _file_tools(spec: ImportSpec) -> FileTools | None:
    if not spec.prepares_files:
        return None
    from ld_import.importer.files import FileTools

    return FileTools(spec)


def _closing(files: FileTools | None) -> AbstractContextManager[object]:
    return nullcontext() if files is None else closing(files)


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of a run that make requests, in their order."""

    spot_check: SpotCheck | None
    stages: Run
    chunks: PlanSource

    async def run(self) -> None:
        if self.spot_check is not None:
            await self.spot_check.ask()
        await self.stages.run(self.chunks)


async def _execute(
    steps: _Steps,
    client: LivingdocsClient,
    receiving: AbstractAsyncContextManager[None],
    clock: StoppableClock,
    interrupts: Interrupts,
) -> LdImportError | None:
    import asyncio

    main = asyncio.current_task()

    def on_signal(number: int) -> None:
        # The second signal stops immediately: committed outcomes stay, the next run reconciles the
        # rest. SIGHUP does not count: a closing terminal sends it more than once.
        if clock.is_stopped and main is not None and number != SIGHUP:
            main.cancel()
        clock.stop(number)

    try:
        with interrupts.handed_to(on_signal, clock.note), closing(steps.chunks):
            async with client, receiving:
                await steps.run()
    except LdImportError as error:
        return error
    except asyncio.CancelledError:
        return clock.interruption()
    return None


def _requests_of(client: LivingdocsClient) -> dict[str, int]:
    names = ("import", "status", "lookup", "patch")
    return {**{name: client.counts[name] for name in names}, "retried": client.retried}


def _loss_of(ledger: SqliteLedger) -> LdImportError | None:
    """Return the error if the ledger was removed or replaced during the run."""
    try:
        ledger.check_files()
    except LdImportError as error:
        return error
    return None


def _record_end(
    ledger: Ledger, summary: Mapping[str, Any], size: BatchSize, clock: Clock
) -> tuple[str, ...]:
    # The ledger already has a row for each job.
    recorded = {name: value for name, value in summary.items() if name != "jobs"}
    try:
        ledger.end_run(
            exit_code=summary["exitCode"],
            summary=orjson.dumps(recorded).decode(),
            ended_at=clock.now(),
            learned=size.learned(),
        )
    except LdImportError as error:
        # The run is over and its items are recorded; only its own end is not.
        return (str(error),)
    return ()
