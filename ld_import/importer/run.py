"""One import as a call; nothing is printed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from signal import SIGHUP
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from ld_import.clock import Clock, SystemClock
from ld_import.errors import LdImportError, UsageError
from ld_import.events import Listener
from ld_import.importer.listening import ignore, opened
from ld_import.importer.planning import guard
from ld_import.importer.result import Facts, ImportResult, exit_code_of, summary_of
from ld_import.importer.spec import ImportSpec, NewRun
from ld_import.ledger import Ledger, SeenKeys, SqliteLedger

# A dry run needs neither httpx nor asyncio, which take half of its start.
if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient
    from ld_import.importer.http import Connection
    from ld_import.pipeline.planning.plan_source import PlanSource
    from ld_import.pipeline.run import Run
    from ld_import.pipeline.shutdown import StoppableClock

# Calls its argument, while it is entered, with job id and token of every notification.
Receive = Callable[[Callable[[str, str | None], None]], AbstractAsyncContextManager[None]]


class Interrupts(Protocol):
    """Requests to stop, such as signals, and who receives them at each moment of a run."""

    def hold(self) -> None:
        """Defer requests from now on: the run has begun, and gets an end in the ledger."""
        ...

    def handed_to(
        self, take: Callable[[int], None], note: Callable[[int], None]
    ) -> AbstractContextManager[None]:
        """Pass signal numbers to `take` in the running event loop, and to `note` at once."""
        ...


class NoInterrupts:
    """No requests to stop; Ctrl-C ends the run with KeyboardInterrupt once it is recorded."""

    def hold(self) -> None:
        """Defer nothing."""

    def handed_to(
        self, take: Callable[[int], None], note: Callable[[int], None]
    ) -> AbstractContextManager[None]:
        """Pass nothing."""
        return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The connections of a run to the rest of a program; the defaults suit a script.

    `receive` is needed with `ImportSpec.has_receiver`. `connection` replaces the HTTP connection
    made for `ImportSpec.server`, `rng` is the source of jitter in waits.
    """

    clock: Clock = field(default_factory=SystemClock)
    run: NewRun | None = None
    interrupts: Interrupts = field(default_factory=NoInterrupts)
    receive: Receive | None = None
    connection: Connection | None = None
    rng: random.Random | None = None


def run_import(
    spec: ImportSpec, listen: Listener = ignore, *, surroundings: Surroundings | None = None
) -> ImportResult:
    """Import a manifest, and return how the run ended.

    Running the same spec again finishes the work and repeats nothing. `listen` is called with
    every event; a listener that is a context manager is entered when the run begins.

    Errors before the run has begun are raised: UsageError, ManifestError, LedgerError,
    LedgerLocked. An error that ends a run early is `ImportResult.error`; the ledger has recorded
    everything in flight, and the run's end. Must not be called in a running event loop.
    """
    from ld_import.importer.build import writing_ledger
    from ld_import.importer.http import connect

    if spec.server is None:
        raise UsageError("no server is given", hint="give ImportSpec(server=Server(…))")
    around = surroundings or Surroundings()
    connection = around.connection or connect(spec.server, parallel=spec.parallel)
    run = around.run or NewRun.at(around.clock)
    with writing_ledger(spec, run) as ledger:
        return import_into(ledger, spec, run, connection, listen, around)


def import_into(
    ledger: SqliteLedger,
    spec: ImportSpec,
    run: NewRun,
    connection: Connection,
    listen: Listener,
    around: Surroundings,
) -> ImportResult:
    """Import a manifest into a server, with a ledger that is locked and open."""
    import asyncio

    from ld_import.importer import build
    from ld_import.pipeline.delivery.notifications import Notifications
    from ld_import.pipeline.shutdown import StoppableClock

    guard(spec, ledger)
    clock = StoppableClock(around.clock)
    with closing(SeenKeys()) as seen, opened(listen) as hear:
        client = build.client_of(spec, connection, clock, hear, run_id=run.run_id, rng=around.rng)
        clock.on_stop(client.stop)
        hints = Notifications(clock, hear) if spec.has_receiver else None
        chunks = build.plan_source_of(spec, ledger, seen, clock)
        stages = build.run_of(spec, client, ledger, clock, hear, hints)
        receiving = around.receive(hints.notice) if hints and around.receive else nullcontext()
        around.interrupts.hold()
        ledger.begin_run(spec.run_start(run))
        error = asyncio.run(_carry_out(stages, chunks, client, receiving, clock, around.interrupts))
    lost = _loss_of(ledger)
    error = lost or error
    exit_code = exit_code_of(stages.tally, error)
    seconds = around.clock.monotonic() - run.started_monotonic
    summary = summary_of(
        stages.tally,
        Facts.of(spec, run, seconds=seconds, exit_code=exit_code, is_dry_run=False),
        requests=_requests_of(client),
        more={"serverWarnings": client.warned},
    )
    warnings = () if lost else _note_end(ledger, summary, exit_code, around.clock)
    return ImportResult(
        tally=stages.tally, summary=summary, exit_code=exit_code, error=error, warnings=warnings
    )


async def _carry_out(
    stages: Run,
    chunks: PlanSource,
    client: LivingdocsClient,
    receiving: AbstractAsyncContextManager[None],
    clock: StoppableClock,
    interrupts: Interrupts,
) -> LdImportError | None:
    import asyncio

    main = asyncio.current_task()

    def on_signal(number: int) -> None:
        # The second signal means at once: what is committed stays, the next run finds out the rest.
        # A closing terminal sends SIGHUP more than once, and is in no hurry.
        if clock.is_stopped and main is not None and number != SIGHUP:
            main.cancel()
        clock.stop(number)

    try:
        with interrupts.handed_to(on_signal, clock.note), closing(chunks):
            async with client, receiving:
                await stages.run(chunks)
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


def _note_end(
    ledger: Ledger, summary: Mapping[str, Any], exit_code: int, clock: Clock
) -> tuple[str, ...]:
    # The ledger has the jobs already, one by one.
    kept = {name: value for name, value in summary.items() if name != "jobs"}
    try:
        ledger.end_run(
            exit_code=exit_code, summary=orjson.dumps(kept).decode(), ended_at=clock.now()
        )
    except LdImportError as error:
        # The run is over and its items are recorded; only this last note is missing.
        return (str(error),)
    return ()
