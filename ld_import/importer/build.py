"""Constructs and joins the stages of a run."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.clock import Clock
from ld_import.events import Listener, Note, SizeChanged
from ld_import.importer.http import Connection
from ld_import.importer.listening import waiting
from ld_import.importer.planning import batcher_of, double_guard_of, planner_of, size_of
from ld_import.importer.prefetch import PrefetchedPlan, RecordingSeen, can_prefetch
from ld_import.importer.protocol import PlanRequest
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import Ledger, Seen
from ld_import.pipeline.brake import Brake
from ld_import.pipeline.delivery.bisect_jobs import JobBisector
from ld_import.pipeline.delivery.bisect_requests import RequestBisector
from ld_import.pipeline.delivery.follow import JobFollower
from ld_import.pipeline.delivery.lookup import EntryReader
from ld_import.pipeline.delivery.notifications import Notifications
from ld_import.pipeline.delivery.on_existing import Existing, OnExisting
from ld_import.pipeline.delivery.send import BatchSender
from ld_import.pipeline.delivery.tools import DeliveryOptions, RunTools
from ld_import.pipeline.planning.plan_source import AskCheck, LocalPlan, PlanSource
from ld_import.pipeline.quota import Quota
from ld_import.pipeline.run import Run
from ld_import.pipeline.shutdown import StoppableClock
from ld_import.pipeline.stages import Limits, ManifestNames, RunEvents, Stages

# Loaded only for files to upload.
if TYPE_CHECKING:
    from ld_import.importer.files import FileTools


def plan_source_of(
    spec: ImportSpec,
    ledger: Ledger,
    seen: Seen,
    clock: StoppableClock,
    ask_check: AskCheck | None = None,
    files: FileTools | None = None,
) -> PlanSource:
    """Return the source of decisions about the manifest; it has read nothing yet.

    `ask_check` returns the check of the items to send; it is called before the first of them.
    """
    manifest = spec.manifest
    if files is not None:
        planner = planner_of(spec, ledger, seen, checkpoint=clock.check)
        return files.plan(planner, files.look(ledger, clock.check), ask_check, clock)
    if not can_prefetch(manifest):
        planner = planner_of(spec, ledger, seen, checkpoint=clock.check, hashes_fields=True)
        return LocalPlan(planner, manifest.records(), manifest.position, ask_check)
    recording = RecordingSeen(seen)
    planner = planner_of(spec, ledger, recording, checkpoint=clock.check, hashes_fields=True)
    here = LocalPlan(planner, manifest.records(), manifest.position, ask_check)
    return PrefetchedPlan(here, planner, recording, PlanRequest.of(spec), clock)


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
        ClientOptions(
            api_version=spec.server.api_version,
            run_id=run_id,
            max_rate=spec.max_rate,
            rng=rng,
            proxy=connection.proxy,
        ),
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
    )


def events_of(spec: ImportSpec, listen: Listener) -> RunEvents:
    """Return the listener of a run, which counts events and forwards them to `listen`."""
    return RunEvents(listen, Brake(spec.max_failures))


def tools_of(
    spec: ImportSpec,
    client: LivingdocsClient,
    ledger: Ledger,
    clock: StoppableClock,
    events: RunEvents,
) -> RunTools:
    """Return what all stages of a run share."""
    return RunTools(spec.kind_rules, client, ledger, clock, events, events.brake)


def run_of(
    spec: ImportSpec,
    tools: RunTools,
    events: RunEvents,
    notifications: Notifications | None = None,
    files: FileTools | None = None,
) -> Run:
    """Return a run with all its stages; `files` are `None` if no file is uploaded."""
    options = DeliveryOptions(
        envelope=spec.envelope_for,
        max_wait_seconds=spec.max_wait_seconds,
        is_waiting=spec.follow_jobs,
        notifications=notifications,
    )
    names = ManifestNames(spec.manifest_name, str(spec.manifest.records_path))
    limits = Limits(
        parallel=spec.parallel,
        most_items=spec.limit,
        max_duration_seconds=spec.max_duration_seconds,
        is_waiting_for_quota=spec.wait_for_quota,
    )
    stages = _stages_of(spec, tools, options)
    if files is not None:
        stages = replace(stages, files=files.preparation(tools, events.tally))
    return Run(names, stages, tools, events, limits)


def _stages_of(spec: ImportSpec, tools: RunTools, options: DeliveryOptions) -> Stages:
    size = size_of(spec, tools.ledger, lambda to, why: tools.listen(SizeChanged(to, why)))
    batcher = batcher_of(spec, size)
    quota = Quota(tools.ledger, tools.clock, daily_limit=spec.daily_limit)
    reader = EntryReader(tools.client, tools.clock)
    existing = Existing(tools.client, tools.clock, OnExisting(spec.on_existing), reader)
    follower = JobFollower(tools, options, existing, reader, size)
    sender = BatchSender(tools, options, existing, quota, follower)
    return Stages(
        batcher=batcher,
        quota=quota,
        sender=sender,
        deliverer=JobBisector(RequestBisector(sender, tools, batcher.halve), tools, size),
        size=size,
        guard=double_guard_of(spec, tools.ledger),
    )
