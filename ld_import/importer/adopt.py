"""Adoption: ledger rows for entries that the server has already, found by their pairs.

Nothing is sent. An entry is `success` only if everything of its record that entries show is equal:
title, metadata, translations, asset. The source URL is not readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.errors import EXIT_TROUBLE, LdImportError, UsageError
from ld_import.events import Listener
from ld_import.importer.listening import ignore
from ld_import.importer.new_run import NewRun
from ld_import.importer.opened_ledger import ledger_for
from ld_import.importer.planning import guard, planner_of
from ld_import.importer.run import RunEnvironment
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.shutdown import StoppableClock

# Imported when look-ups begin: they import httpx and asyncio.
if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient
    from ld_import.importer.adoption import Adoption, AdoptProgress

COUNTS = (
    "invalid",
    "repeated",
    "known",
    "archived",
    "adopted",
    "different",
    "missing",
    "notLookedUp",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptResult:
    """The result of an adoption.

    `summary` is the document that `--json` prints. `exit_code` is 0 if nothing differs, 3 if an
    entry differs or a record is invalid, otherwise that of `error`, which ended it early.
    `not_in_manifest` are the externalIds of `only` without a record.
    """

    summary: Mapping[str, Any]
    exit_code: int
    not_in_manifest: tuple[str, ...] = ()
    error: LdImportError | None = None


def adopt(
    spec: ImportSpec,
    listen: Listener = ignore,
    *,
    is_dry_run: bool = False,
    on_progress: Callable[[AdoptProgress], None] = lambda progress: None,
    environment: RunEnvironment | None = None,
) -> AdoptResult:
    """Look up the records of a manifest, and record the entries that exist.

    Calling it again continues: rows of the first call are known. A dry run records nothing. Raises
    UsageError, ManifestError, LedgerError and LedgerLocked before it begins; later errors are in
    the result.
    """
    from ld_import.importer.http import connect

    if spec.server is None:
        raise UsageError("no server is given", hint="create the spec with server=Server(…)")
    environment = environment or RunEnvironment()
    if environment.connection is None:
        connection = connect(spec.server, parallel=spec.parallel)
        environment = replace(environment, connection=connection)
    run = environment.run or NewRun.at(environment.clock)
    environment = replace(environment, run=run)
    with ledger_for(spec, run, is_dry_run=is_dry_run) as ledger:
        return adopt_into(
            ledger, spec, environment, listen, on_progress=on_progress, is_dry_run=is_dry_run
        )


def adopt_into(
    ledger: SqliteLedger,
    spec: ImportSpec,
    environment: RunEnvironment,
    listen: Listener = ignore,
    *,
    on_progress: Callable[[AdoptProgress], None] = lambda progress: None,
    is_dry_run: bool = False,
) -> AdoptResult:
    """Adopt into a ledger that is open; the environment has a run and a connection."""
    from ld_import.importer import build
    from ld_import.importer.adoption import Adoption
    from ld_import.importer.session import supervise

    run, connection, interrupts = environment.run, environment.connection, environment.interrupts
    assert run is not None and connection is not None
    guard(spec, ledger)
    clock = StoppableClock(environment.clock)
    with closing(SeenKeys()) as seen:
        client = build.client_of(
            spec, connection, clock, listen, run_id=run.run_id, rng=environment.rng
        )
        rules = Rules(retry_failed=True, only=spec.only, largest_item_bytes=spec.largest_item_bytes)
        planner = planner_of(spec, ledger, seen, rules=rules, checkpoint=clock.check)
        adoption = Adoption(spec, client, None if is_dry_run else ledger, clock, on_progress)
        adoption.archived_rows = ledger.archived_rows()
        interrupts.defer()
        if not is_dry_run:
            ledger.begin_run(replace(spec.run_start(run), activity="adopt"))
        error = supervise(lambda: adoption.run(planner), client, clock, interrupts)
        missed = () if error else tuple(planner.not_in_manifest)
    exit_code = error.exit_code if error else EXIT_TROUBLE * adoption.has_trouble
    summary = _summary(spec, run, adoption, client) | {
        "dryRun": is_dry_run,
        "seconds": round(environment.clock.monotonic() - run.started_monotonic, 3),
        "exitCode": exit_code,
    }
    if not is_dry_run:
        recorded = orjson.dumps(summary).decode()
        now = environment.clock.now()
        ledger.end_run(exit_code=exit_code, summary=recorded, ended_at=now)
    return AdoptResult(summary=summary, exit_code=exit_code, not_in_manifest=missed, error=error)


def _summary(
    spec: ImportSpec, run: NewRun, adoption: Adoption, client: LivingdocsClient
) -> dict[str, Any]:
    counts = adoption.counts
    return {
        "run": run.run_id,
        "kind": spec.kind,
        "target": spec.target.server,
        "systemName": spec.system_name,
        "manifest": str(spec.manifest.path),
        "read": counts["read"],
        **{name: counts[name] for name in COUNTS},
        "differences": [each.document() for each in adoption.differences],
        "requests": {"lookup": client.counts["lookup"], "retried": client.retried},
    }
