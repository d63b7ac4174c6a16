"""Undo of one run as a call: its entries are archived by PATCH, all others are left."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.errors import EXIT_TROUBLE, LdImportError, UsageError
from ld_import.events import Listener, Note
from ld_import.importer.listening import ignore
from ld_import.importer.new_run import NewRun
from ld_import.importer.opened_ledger import ledger_for
from ld_import.importer.run import RunEnvironment
from ld_import.importer.server import Server
from ld_import.importer.settings import PARALLEL
from ld_import.ledger import SqliteLedger
from ld_import.model import RunStart, Target
from ld_import.pipeline.shutdown import StoppableClock
from ld_import.redaction import Redactor

# Imported when requests begin: they import httpx and asyncio.
if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient
    from ld_import.importer.http import Connection
    from ld_import.importer.undoing import UndoCounts, Undoing


@dataclass(frozen=True, kw_only=True)
class UndoSpec:
    """The run to undo, and how to reach the server that it imported into.

    `manifest` and `system_name` are those of the run; the ledger records them for the undo.
    """

    run_id: str
    kind: str
    server: Server
    ledger_path: Path
    manifest: str
    system_name: str
    parallel: int = PARALLEL
    max_rate: float | None = None
    command: str = "ld_import.undo"
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)

    @property
    def target(self) -> Target:
        """The target of the run."""
        return Target(self.server.url, self.server.project, self.kind)

    def run_start(self, run: NewRun) -> RunStart:
        """Return the ledger's record of the undo."""
        return RunStart(
            run_id=run.run_id,
            manifest=self.manifest,
            records_file=None,
            system_name=self.system_name,
            external_id_template=None,
            command=self.command,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=run.started_at,
            activity="undo",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoResult:
    """The result of an undo.

    `summary` is the document that `--json` prints. `exit_code` is 0 if every entry of the run is
    archived, 3 if some were left, otherwise that of `error`, which ended it early.
    """

    summary: Mapping[str, Any]
    exit_code: int
    error: LdImportError | None = None


@dataclass(frozen=True, slots=True)
class UndoProgress:
    """The counts so far, and the number of items of the run."""

    counts: UndoCounts
    total: int


def undo(
    spec: UndoSpec,
    listen: Listener = ignore,
    *,
    is_dry_run: bool = False,
    on_progress: Callable[[UndoProgress], None] = lambda progress: None,
    environment: RunEnvironment | None = None,
) -> UndoResult:
    """Archive what a run created, as far as it can be proved and it is unchanged since.

    Calling it again continues. A dry run reads and archives nothing. Raises UsageError, LedgerError
    and LedgerLocked before it begins; later errors are in the result.
    """
    from ld_import.importer.http import connect

    environment = environment or RunEnvironment()
    if environment.connection is None:
        connection = connect(spec.server, parallel=spec.parallel)
        environment = replace(environment, connection=connection)
    run = environment.run or NewRun.at(environment.clock)
    environment = replace(environment, run=run)
    with ledger_for(spec, run, is_dry_run=is_dry_run) as ledger:
        return undo_into(
            ledger, spec, environment, listen, on_progress=on_progress, is_dry_run=is_dry_run
        )


def undo_into(
    ledger: SqliteLedger,
    spec: UndoSpec,
    environment: RunEnvironment,
    listen: Listener = ignore,
    *,
    on_progress: Callable[[UndoProgress], None] = lambda progress: None,
    is_dry_run: bool = False,
) -> UndoResult:
    """Undo with a ledger that is open; the environment has a run and a connection."""
    from ld_import.importer.session import supervise
    from ld_import.importer.undoing import Undoing, UndoOptions

    run, connection, interrupts = environment.run, environment.connection, environment.interrupts
    assert run is not None and connection is not None
    number = _number_of(spec, ledger)
    clock = StoppableClock(environment.clock)
    client = _client(spec, connection, clock, listen, run.run_id)
    options = UndoOptions(
        parallel=spec.parallel,
        is_dry_run=is_dry_run,
        on_progress=lambda counts: on_progress(UndoProgress(counts, len(undoing.rows))),
    )
    undoing = Undoing((spec.run_id, number), client, ledger, clock, options)
    interrupts.defer()
    if not is_dry_run:
        ledger.begin_run(spec.run_start(run))
    error = supervise(undoing.run, client, clock, interrupts)
    exit_code = error.exit_code if error else EXIT_TROUBLE * bool(undoing.counts.refused)
    summary = _summary(spec, run, undoing, client) | {
        "items": len(undoing.rows),
        "dryRun": is_dry_run,
        "seconds": round(environment.clock.monotonic() - run.started_monotonic, 3),
        "exitCode": exit_code,
    }
    if not is_dry_run:
        recorded = orjson.dumps(summary).decode()
        now = environment.clock.now()
        ledger.end_run(exit_code=exit_code, summary=recorded, ended_at=now)
    return UndoResult(summary=summary, exit_code=exit_code, error=error)


def _number_of(spec: UndoSpec, ledger: SqliteLedger) -> int:
    """Return the number of the run to undo. Raises UsageError unless it is an import."""
    known = ledger.run_named(spec.run_id)
    if known is None:
        raise UsageError(
            f"the ledger has no run {spec.run_id!r} of {spec.kind} on {spec.server.url}",
            hint="`ld-import ledger runs` lists the runs",
        )
    number, activity = known
    if activity != "import":
        raise UsageError(
            f"the run {spec.run_id} is not an import but `ledger {activity}`, which creates no"
            " entries",
            hint="`ld-import ledger runs` lists the runs with their commands",
        )
    return number


def _client(
    spec: UndoSpec, connection: Connection, clock: StoppableClock, listen: Listener, run_id: str
) -> LivingdocsClient:
    from ld_import.api import ClientOptions, LivingdocsClient
    from ld_import.importer.listening import waiting

    return LivingdocsClient(
        connection.http,
        clock,
        ClientOptions(
            api_version=spec.server.api_version,
            run_id=run_id,
            max_rate=spec.max_rate,
            proxy=connection.proxy,
        ),
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
    )


def _summary(
    spec: UndoSpec, run: NewRun, undoing: Undoing, client: LivingdocsClient
) -> dict[str, Any]:
    counts = undoing.counts
    reasons = sorted(counts.refusals.items(), key=lambda pair: -pair[1].count)
    return {
        "run": run.run_id,
        "undoes": spec.run_id,
        "kind": spec.kind,
        "target": spec.server.url,
        "examined": counts.examined,
        "archived": counts.archived,
        "archivedBefore": counts.archived_before,
        "notCreated": counts.not_created,
        "refused": counts.refused,
        "reasons": [
            {"reason": reason, "count": group.count, "examples": group.examples}
            for reason, group in reasons
        ],
        "requests": {
            "lookup": client.counts["lookup"],
            "patch": client.counts["patch"],
            "retried": client.retried,
        },
    }
