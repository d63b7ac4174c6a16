"""Adopt and undo in one process, with a crash planted at any commit or request."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx

from ld_import.emulator.transport import EmulatorTransport
from ld_import.importer.adopt import AdoptResult, adopt_into
from ld_import.importer.http import Connection
from ld_import.importer.new_run import NewRun
from ld_import.importer.run import RunEnvironment
from ld_import.importer.server import Server
from ld_import.importer.undo import UndoResult, UndoSpec, undo_into
from ld_import.ledger import SqliteLedger, exclusive
from ld_import.model import Target
from tests.harness.crashing import Crash, CrashingLedger, CrashingTransport, Fuse
from tests.harness.program import Program, StopAfter


def adopt(
    program: Program, fuse: Fuse | None = None, *, stop_after: float | None = None
) -> AdoptResult:
    """Adopt the manifest of a program; every commit and request is an event of the fuse.

    `stop_after` is the number of seconds until a SIGTERM.
    """
    spec = program.spec(program.manifest, program.kind)
    result: AdoptResult = _with_ledger(
        program,
        spec.target,
        fuse,
        lambda ledger, environment: adopt_into(ledger, spec, environment),
        stop_after,
    )
    return result


def undo(
    program: Program,
    run_id: str,
    fuse: Fuse | None = None,
    *,
    stop_after: float | None = None,
    **options: Any,
) -> UndoResult:
    """Undo a run of a program; every commit and request is an event of the fuse."""
    server = Server(url=program.url, api_version=program.api_version)
    spec = UndoSpec(
        run_id=run_id,
        kind=program.kind,
        server=server,
        ledger_path=program.ledger_path,
        manifest="manifest",
        system_name="archive",
        **options,
    )
    result: UndoResult = _with_ledger(
        program,
        spec.target,
        fuse,
        lambda ledger, environment: undo_into(ledger, spec, environment),
        stop_after,
    )
    return result


def stopped(act: Callable[[Fuse], Any], at: int) -> bool:
    """Act until the n-th event; return whether that stopped it."""
    try:
        act(Fuse(at))
    except Crash:
        return True
    return False


def table(program: Program, query: str) -> list[Any]:
    """Return the rows of a query over the ledger."""
    with closing(sqlite3.connect(program.ledger_path)) as db:
        return db.execute(query).fetchall()


def _with_ledger(
    program: Program,
    target: Target,
    fuse: Fuse | None,
    act: Callable[[Any, RunEnvironment], Any],
    stop_after: float | None,
) -> Any:
    transport: httpx.AsyncBaseTransport = EmulatorTransport(program.emulator)
    if fuse is not None:
        transport = CrashingTransport(transport, fuse)
    headers = {"Authorization": f"Bearer {program.token}"}
    http = httpx.AsyncClient(transport=transport, base_url=program.url, headers=headers)
    run = replace(NewRun.at(program.clock), run_id=f"run-{secrets.token_hex(8)}")
    environment = RunEnvironment(
        clock=program.clock,
        run=run,
        interrupts=StopAfter(stop_after, program.clock),
        connection=Connection(http),
    )
    with exclusive(program.ledger_path):
        ledger = SqliteLedger(program.ledger_path, target)
        with closing(ledger):
            watched = ledger if fuse is None else CrashingLedger(ledger, fuse)
            return act(watched, environment)
