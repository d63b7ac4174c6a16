"""The only place that makes the real things: clock, client, ledger, listener, run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import copy
from functools import partial
from typing import TYPE_CHECKING

from ld_import.cli.server import Line, connect
from ld_import.cli.settings import rules_of
from ld_import.cli.task import Task, start_of
from ld_import.cli.text import REDACTOR
from ld_import.clock import Clock
from ld_import.events import Listener, Note, Waiting
from ld_import.ledger import Ledger, Seen, SeenKeys, SqliteLedger, exclusive
from ld_import.model import Record
from ld_import.pipeline.cut import Cutter
from ld_import.pipeline.doubles import DoubleGuard
from ld_import.pipeline.identity import guard_identity
from ld_import.pipeline.plan import Planner, Rules

# What only a real run needs is imported when it is made: a dry run loads neither httpx nor asyncio.
if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient, Retry
    from ld_import.cli.recipe import Recipe
    from ld_import.pipeline.carry import Carrier
    from ld_import.pipeline.chunks import Chunks
    from ld_import.pipeline.hints import Hints
    from ld_import.pipeline.quota import Allowance
    from ld_import.pipeline.run import Run
    from ld_import.pipeline.stop import StoppableClock


def planner_of(
    task: Task,
    ledger: Ledger,
    seen: Seen,
    checkpoint: Callable[[], None] | None = None,
    *,
    is_whole: bool = False,
) -> Planner:
    """Return the stage that decides; it calls `checkpoint` before each record that it maps.

    With `is_whole` it decides about the whole manifest, whatever the flags.
    """
    head, tail = task.envelope
    largest = task.settings.batch_bytes - len(head) - len(tail)
    return Planner(
        mapping=task.mapping,
        kind=task.kind,
        system_name=task.settings.system_name,
        ledger=ledger,
        seen=seen,
        rules=Rules(largest_item_bytes=largest)
        if is_whole
        else rules_of(task.options, task.settings, largest_item_bytes=largest),
        checkpoint=checkpoint,
    )


def chunks_of(task: Task, ledger: Ledger, seen: Seen, clock: StoppableClock) -> Chunks:
    """Return the decisions about the manifest, none of which is made yet."""
    from ld_import.cli.ahead import ChunksAhead, Noted, is_possible
    from ld_import.pipeline.chunks import ChunksHere

    manifest = task.manifest
    if not is_possible(manifest):
        planner = planner_of(task, ledger, seen, clock.checkpoint)
        return ChunksHere(planner, manifest.records(), manifest.position)
    noted = Noted(seen)
    planner = planner_of(task, ledger, noted, clock.checkpoint)
    here = ChunksHere(planner, manifest.records(), manifest.position)
    return ChunksAhead(here, planner, noted, _recipe_of(task, planner.rules), clock)


def _recipe_of(task: Task, rules: Rules) -> Recipe:
    from ld_import.cli.recipe import Recipe

    return Recipe(
        manifest=task.manifest,
        kind_name=task.kind.name,
        has_random_ids=task.options.random_ids,
        external_id=task.settings.external_id,
        system_name=task.settings.system_name,
        rules=rules,
        ledger_path=task.ledger_path,
        target=task.target,
    )


def cutter_of(task: Task) -> Cutter:
    """Return the stage that makes batches."""
    chosen = task.settings
    around = sum(len(part) for part in task.envelope)
    return Cutter(chosen.batch_size, chosen.batch_bytes, around)


def line_of(task: Task) -> Line:
    """Return the connection to the server, before anything is written. Raises UsageError."""
    parallel = task.settings.parallel
    return connect(task.server, task.connection, task.config, parallel=parallel)


def client_of(task: Task, line: Line, clock: Clock, listen: Listener) -> LivingdocsClient:
    """Return the way to the server."""
    from ld_import.api import LivingdocsClient

    chosen = task.settings
    return LivingdocsClient(
        line.http,
        clock,
        api_version=task.server.api_version,
        run_id=task.run_id,
        max_rate=chosen.max_rate,
        on_retry=lambda retry: listen(_waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
        proxy=line.proxy,
    )


def run_of(
    task: Task,
    client: LivingdocsClient,
    ledger: Ledger,
    clock: Clock,
    listen: Listener,
    hints: Hints | None = None,
) -> Run:
    """Return the run: all stages, joined."""
    from ld_import.pipeline.halve import Halver
    from ld_import.pipeline.isolate import Isolator
    from ld_import.pipeline.quota import Allowance
    from ld_import.pipeline.run import Limits, Run

    chosen = task.settings
    allowance = Allowance(ledger, clock, daily_limit=chosen.daily_limit)
    cutter = cutter_of(task)

    def carrier(hear: Listener) -> Carrier:
        return _carrier_of(task, client, ledger, clock, hear, allowance, hints)

    def deliverer(below: Carrier, hear: Listener) -> Halver:
        isolator = Isolator(
            below,
            path=task.kind.list_key,
            ledger=ledger,
            clock=clock,
            listen=hear,
            on_too_large=cutter.halve,
        )
        return Halver(isolator.carry, ledger=ledger, clock=clock, listen=hear)

    return Run(
        manifest=task.manifest_name,
        records_file=str(task.manifest.records_path),
        cutter=cutter,
        carrier=carrier,
        deliverer=deliverer,
        allowance=allowance,
        ledger=ledger,
        clock=clock,
        listen=listen,
        limits=Limits(
            parallel=chosen.parallel,
            max_duration_seconds=chosen.max_duration_seconds,
            is_waiting_for_quota=chosen.is_waiting_for_quota,
        ),
        guard=double_guard_of(task, ledger),
    )


def _carrier_of(
    task: Task,
    client: LivingdocsClient,
    ledger: Ledger,
    clock: Clock,
    listen: Listener,
    allowance: Allowance,
    hints: Hints | None,
) -> Carrier:
    from ld_import.pipeline.carry import Carrier
    from ld_import.pipeline.existing import Existing, OnExisting
    from ld_import.pipeline.follow import Follower
    from ld_import.pipeline.lookup import EntryReader

    reader = EntryReader(client, clock)
    existing = Existing(client, clock, OnExisting(task.settings.on_existing), reader)
    is_waiting = not task.options.no_wait
    follower = Follower(
        kind=task.kind,
        client=client,
        ledger=ledger,
        clock=clock,
        listen=listen,
        existing=existing,
        reader=reader,
        max_wait_seconds=task.settings.max_wait_seconds,
        is_waiting=is_waiting,
        hints=hints,
    )
    return Carrier(
        kind=task.kind,
        client=client,
        ledger=ledger,
        clock=clock,
        listen=listen,
        existing=existing,
        envelope=task.envelope_for,
        allowance=allowance,
        follower=follower,
        is_waiting=is_waiting,
        hints=hints,
    )


def guard(task: Task, ledger: Ledger) -> None:
    """Refuse to create items twice because their ids changed. Raises UsageError."""
    if not task.options.accept_new_ids:
        # It looks at some records only; a file left half read complains when it is collected.
        with closing(task.manifest.records()) as records:
            guard_identity(
                records,
                manifest=task.manifest_name,
                records_file=task.records_file,
                now=task.identity,
                keys_under=task.keys_under,
                ledger=ledger,
            )


def double_guard_of(task: Task, ledger: Ledger) -> DoubleGuard | None:
    """Return the guard against known media under new ids, `None` where they are accepted."""
    if task.options.accept_new_ids:
        return None
    return DoubleGuard(ledger, partial(_replanned, task, ledger))


@contextmanager
def _replanned(task: Task, ledger: Ledger) -> Iterator[tuple[Planner, Iterator[Record]]]:
    # The reading under way must not be disturbed: it tells how far the run is, and of which file.
    manifest = copy(task.manifest)
    with closing(SeenKeys()) as seen, closing(manifest.records()) as records:
        yield planner_of(task, ledger, seen, is_whole=True), records


@contextmanager
def writing_ledger(task: Task) -> Iterator[SqliteLedger]:
    """Hold the ledger for this run and open it; LedgerLocked names the run that has it."""
    with exclusive(task.ledger_path, start_of(task)) as hold_links:
        ledger = SqliteLedger(task.ledger_path, task.target, redact=REDACTOR.redact)
        try:
            hold_links()
            yield ledger
        finally:
            ledger.close()


def _waiting(retry: Retry) -> Waiting:
    batch_id, job_id = retry.about if isinstance(retry.about, tuple) else (None, None)
    failed = retry.attempt - 1
    reason = f"{retry.reason} (attempt {failed})"
    return Waiting(reason, retry.wait_seconds, batch_id, job_id, failed)
