"""`ld-import videos` and its sisters: understand, run (or rehearse), tell how it ended."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, closing, nullcontext
from signal import SIGHUP
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.cli import USUAL_THRESHOLD
from ld_import.cli.config import notes_on_config
from ld_import.cli.find import LEDGER_NAME
from ld_import.cli.listen import SHOWN_SECRET, Address, address_of, open_hook
from ld_import.cli.log import Log
from ld_import.cli.metrics import Note, measured
from ld_import.cli.options import Connection, ImportOptions, Logging
from ld_import.cli.outputs import OutputTaken, find_outputs
from ld_import.cli.rehearsal import rehearse_import
from ld_import.cli.signals import Signals
from ld_import.cli.summary import summary_of
from ld_import.cli.task import Task, start_of, understand
from ld_import.cli.tell import exit_code_of, facts_of, tell
from ld_import.cli.text import plain
from ld_import.cli.watch import watcher
from ld_import.clock import SystemClock
from ld_import.errors import LdImportError
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.ledger.ownership import permission_warning
from ld_import.tempdir import LEAST_FREE_BYTES, check_temp_folder, low_space_warning

if TYPE_CHECKING:
    from ld_import.pipeline.chunks import Chunks
    from ld_import.pipeline.run import Run
    from ld_import.pipeline.stop import StoppableClock


def import_media(
    kind_name: str, options: ImportOptions, connection: Connection, logging: Logging
) -> int:
    """Import a manifest, log how it goes, and return the exit code."""
    with Log(logging, SystemClock()) as log, Signals().heard() as signals:
        exit_code = _attempt(kind_name, options, connection, log, signals)
        log.end(exit_code)
        return exit_code


def _attempt(
    kind_name: str, options: ImportOptions, connection: Connection, log: Log, signals: Signals
) -> int:
    try:
        log.check()
        check_temp_folder()
        outputs = find_outputs(kind_name, options, connection, log.flags.log_file)
        log.open_file(outputs.log_file)
        for level, text in notes_on_config(connection.config, options.manifest):
            log.note(level, text)
        measuring = measured(outputs.metrics_file, kind_name, options, connection, log)
        with measuring as note, signals.raising():
            task = understand(kind_name, options, connection, log.clock.now())
            # A pipe tells its source only now; nothing is written so far.
            outputs.check(("the source of the manifest", task.manifest.records_path))
            log.begin(task)
            if connection.insecure:
                log.say("warning", "the server's certificate is not checked (--insecure)")
            if task.is_ledger_found and (weakness := permission_warning(task.ledger_path)):
                log.say("warning", weakness)
            if task.manifest.rereadable_bytes >= LEAST_FREE_BYTES and (
                words := low_space_warning()
            ):
                log.say("warning", words)
            address = address_of(task)
            if not options.dry_run:
                return _import(task, address, log, note, signals)
            shown = task.notified_at(address.webhook(SHOWN_SECRET)) if address else task
            return rehearse_import(shown, log)
    except LdImportError as error:
        if isinstance(error, OutputTaken):
            log.close_file()
        log.say_error(error)
        return error.exit_code


def _import(task: Task, address: Address | None, log: Log, note: Note, signals: Signals) -> int:
    # A dry run needs none of it, and asyncio is slow to load.
    import asyncio

    from ld_import.cli import assemble
    from ld_import.pipeline.hints import Hints
    from ld_import.pipeline.stop import StoppableClock

    line = assemble.line_of(task)
    with open_hook(address) as hook, assemble.writing_ledger(task) as ledger:
        task = task.notified_at(hook.url) if hook else task
        assemble.guard(task, ledger)
        stoppable = StoppableClock(log.clock)
        with closing(SeenKeys()) as seen, watcher(log, task.run_id) as listen:
            client = assemble.client_of(task, line, stoppable, listen)
            stoppable.on_stop(client.stop)
            hints = Hints(stoppable, listen) if hook else None
            chunks = assemble.chunks_of(task, ledger, seen, stoppable)
            run = assemble.run_of(task, client, ledger, stoppable, listen, hints)
            receiving = hook.receiving(hints.notice) if hook and hints else nullcontext()
            # A run that has begun gets an end in the ledger, and a summary.
            signals.hold()
            ledger.begin_run(start_of(task))
            # Each request leaves waste in circles; at the start's pace it came to twenty megabytes.
            gc.set_threshold(*USUAL_THRESHOLD)
            error = asyncio.run(_carry_out(run, chunks, client, receiving, stoppable, signals))
        lost = _loss_of(ledger)
        error = lost or error
        exit_code = exit_code_of(run.tally, error)
        facts = facts_of(task, log.seconds, exit_code)
        requests = {
            "import": client.counts["import"],
            "status": client.counts["status"],
            "lookup": client.counts["lookup"],
            "patch": client.counts["patch"],
            "retried": client.retried,
        }
        summary = summary_of(
            run.tally, facts, requests=requests, more={"serverWarnings": client.warned}
        )
        note(summary)
        if lost is None:
            _note_end(ledger, summary, exit_code, log)
    tell(summary, is_json=task.options.json, log=log)
    if error is not None:
        log.say_error(error)
    elif exit_code:
        log.advise(f"`{_listing(task)}` lists what needs mending")
    return exit_code


async def _carry_out(
    run: Run,
    chunks: Chunks,
    client: Any,
    receiving: AbstractAsyncContextManager[None],
    clock: StoppableClock,
    signals: Signals,
) -> LdImportError | None:
    import asyncio

    main = asyncio.current_task()

    def on_signal(number: int) -> None:
        # The second time means at once: what is committed stands, the rest is found out next time.
        # A terminal that closes says so more than once, and is in no hurry.
        if clock.is_stopped and main is not None and number != SIGHUP:
            main.cancel()
        clock.stop(number)

    try:
        with signals.handed_to(on_signal, clock.note), closing(chunks):
            async with client, receiving:
                await run.run(chunks)
    except LdImportError as error:
        return error
    except asyncio.CancelledError:
        return clock.interruption()
    return None


def _listing(task: Task) -> str:
    listing = "ld-import ledger items --state failed --state invalid"
    if task.ledger_path.resolve() == LEDGER_NAME.resolve():
        return listing
    return f"{listing} --ledger {plain(task.ledger_path)}"


def _loss_of(ledger: SqliteLedger) -> LdImportError | None:
    """Return the error if the ledger was removed or replaced during the run."""
    try:
        ledger.check_files()
    except LdImportError as error:
        return error
    return None


def _note_end(ledger: SqliteLedger, summary: Mapping[str, Any], exit_code: int, log: Log) -> None:
    # The jobs are in the ledger already, one by one.
    kept = {name: value for name, value in summary.items() if name != "jobs"}
    try:
        ledger.end_run(
            exit_code=exit_code, summary=orjson.dumps(kept).decode(), ended_at=log.clock.now()
        )
    except LdImportError as error:
        # The run is over and its items are recorded; only this last note is missing.
        log.say("warning", str(error))
