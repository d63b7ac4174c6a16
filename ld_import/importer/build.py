"""Constructs and joins the stages of a run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ld_import.api import LivingdocsClient, Retry
from ld_import.clock import Clock
from ld_import.events import Listener, Note, Waiting
from ld_import.importer.http import Connection
from ld_import.importer.new_run import NewRun
from ld_import.importer.planning import cutter_of, double_guard_of, planner_of
from ld_import.importer.prefetch import PrefetchedPlan, RecordingSeen, can_prefetch
from ld_import.importer.protocol import PlanRequest
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import Ledger, Seen, SqliteLedger, held
from ld_import.pipeline.carry import Carrier
from ld_import.pipeline.chunks import Chunks, ChunksHere
from ld_import.pipeline.existing import Existing, OnExisting
from ld_import.pipeline.follow import Follower
from ld_import.pipeline.halve import Halver
from ld_import.pipeline.hints import Hints
from ld_import.pipeline.isolate import Isolator
from ld_import.pipeline.lookup import EntryReader
from ld_import.pipeline.quota import Allowance
from ld_import.pipeline.run import Limits, Run
from ld_import.pipeline.stop import StoppableClock


@dataclass(frozen=True, slots=True)
class RunTools:
    """The objects that all stages of a run share; `hints` is `None` without notifications."""

    client: LivingdocsClient
    ledger: Ledger
    clock: Clock
    listen: Listener
    hints: Hints | None = None


def chunks_of(spec: ImportSpec, ledger: Ledger, seen: Seen, clock: StoppableClock) -> Chunks:
    """Return the source of decisions about the manifest; it has read nothing yet."""
    manifest = spec.manifest
    if not can_prefetch(manifest):
        planner = planner_of(spec, ledger, seen, checkpoint=clock.checkpoint)
        return ChunksHere(planner, manifest.records(), manifest.position)
    recording = RecordingSeen(seen)
    planner = planner_of(spec, ledger, recording, checkpoint=clock.checkpoint)
    local = ChunksHere(planner, manifest.records(), manifest.position)
    return PrefetchedPlan(local, planner, recording, PlanRequest.of(spec), clock)


def client_of(
    spec: ImportSpec,
    connection: Connection,
    clock: Clock,
    listen: Listener,
    *,
    run_id: str,
    rng: random.Random | None,
) -> LivingdocsClient:
    """Return the client of a run."""
    assert spec.server is not None
    return LivingdocsClient(
        connection.http,
        clock,
        api_version=spec.server.api_version,
        run_id=run_id,
        rng=rng,
        max_rate=spec.max_rate,
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
        proxy=connection.proxy,
    )


def run_of(spec: ImportSpec, tools: RunTools) -> Run:
    """Return a run with all its stages."""
    ledger, clock = tools.ledger, tools.clock
    allowance = Allowance(ledger, clock, daily_limit=spec.daily_limit)
    cutter = cutter_of(spec)

    def carrier(listen: Listener) -> Carrier:
        return _carrier_of(spec, replace(tools, listen=listen), allowance)

    def deliverer(below: Carrier, listen: Listener) -> Halver:
        isolator = Isolator(
            below,
            path=spec.kind_rules.list_key,
            ledger=ledger,
            clock=clock,
            listen=listen,
            on_too_large=cutter.halve,
        )
        return Halver(isolator.carry, ledger=ledger, clock=clock, listen=listen)

    return Run(
        manifest=spec.manifest_name,
        records_file=str(spec.manifest.records_path),
        cutter=cutter,
        carrier=carrier,
        deliverer=deliverer,
        allowance=allowance,
        ledger=ledger,
        clock=clock,
        listen=tools.listen,
        limits=Limits(
            parallel=spec.parallel,
            max_duration_seconds=spec.max_duration_seconds,
            is_waiting_for_quota=spec.wait_for_quota,
        ),
        guard=double_guard_of(spec, ledger),
    )


def _carrier_of(spec: ImportSpec, tools: RunTools, allowance: Allowance) -> Carrier:
    client, clock = tools.client, tools.clock
    reader = EntryReader(client, clock)
    existing = Existing(client, clock, OnExisting(spec.on_existing), reader)
    follower = Follower(
        kind=spec.kind_rules,
        client=client,
        ledger=tools.ledger,
        clock=clock,
        listen=tools.listen,
        existing=existing,
        reader=reader,
        max_wait_seconds=spec.max_wait_seconds,
        is_waiting=spec.follow_jobs,
        hints=tools.hints,
    )
    return Carrier(
        kind=spec.kind_rules,
        client=client,
        ledger=tools.ledger,
        clock=clock,
        listen=tools.listen,
        existing=existing,
        envelope=spec.envelope_for,
        allowance=allowance,
        follower=follower,
        is_waiting=spec.follow_jobs,
        hints=tools.hints,
    )


@contextmanager
def writing_ledger(spec: ImportSpec, run: NewRun) -> Iterator[SqliteLedger]:
    """Lock the ledger for a run and open it. Raises LedgerLocked naming the run that holds it."""
    with held(spec.ledger_path, spec.run_start(run)) as hold_links:
        ledger = SqliteLedger(spec.ledger_path, spec.target, hide=spec.redactor.hide)
        try:
            hold_links()
            yield ledger
        finally:
            ledger.close()


def waiting(retry: Retry) -> Waiting:
    """Return the event of a request that will be sent again."""
    batch_id, job_id = retry.about if isinstance(retry.about, tuple) else (None, None)
    failed = retry.attempt - 1
    reason = f"{retry.reason} (attempt {failed})"
    return Waiting(reason, retry.wait_seconds, batch_id, job_id, failed)
