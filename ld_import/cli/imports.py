"""`ld-import videos` and its sisters: understand, run (or rehearse), tell how it ended."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import orjson

from ld_import.cli import assemble
from ld_import.cli.find import LEDGER_NAME
from ld_import.cli.options import Connection, ImportOptions, Logging
from ld_import.cli.rehearsal import rehearse_import
from ld_import.cli.summary import summary_of
from ld_import.cli.task import Task, start_of, understand
from ld_import.cli.tell import exit_code_of, facts_of, say, say_error, tell
from ld_import.cli.text import plain
from ld_import.clock import Clock, SystemClock
from ld_import.errors import LdImportError
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.pipeline.run import Run
from ld_import.pipeline.stop import StoppableClock


def import_media(
    kind_name: str, options: ImportOptions, connection: Connection, logging: Logging
) -> int:
    """Import a manifest and return the exit code; raises what keeps the run from beginning."""
    clock = SystemClock()
    try:
        task = understand(kind_name, options, connection, clock.now())
        if connection.insecure:
            say("warning", "the server's certificate is not checked (--insecure)", logging, clock)
        work = rehearse_import if options.dry_run else _import
        return work(task, clock, logging)
    except LdImportError as error:
        say_error(error, logging, clock)
        return error.exit_code


def _import(task: Task, clock: Clock, logging: Logging) -> int:
    http = assemble.http_of(task)
    with assemble.writing_ledger(task) as ledger:
        assemble.guard(task, ledger)
        stoppable = StoppableClock(clock)
        watcher = assemble.watcher(logging, clock, task.run_id)
        with closing(SeenKeys()) as seen, watcher as listen:
            client = assemble.client_of(task, http, stoppable, listen)
            run = assemble.run_of(task, client, ledger, seen, stoppable, listen)
            ledger.begin_run(start_of(task))
            error = asyncio.run(_carry_out(task, run, client, stoppable))
        exit_code = exit_code_of(run.tally, error)
        facts = facts_of(task, _seconds_since(task, clock), exit_code)
        requests = {
            "import": client.counts["import"],
            "status": client.counts["status"],
            "lookup": client.counts["lookup"],
            "patch": client.counts["patch"],
            "retried": client.retried,
        }
        summary = summary_of(run.tally, facts, requests=requests, more={})
        _note_end(ledger, summary, exit_code, clock)
    tell(summary, is_json=task.options.json, logging=logging)
    if error is not None:
        say_error(error, logging, clock)
    elif exit_code and not logging.quiet:
        say("hint", f"`{_listing(task)}` lists what needs mending", logging, clock)
    return exit_code


async def _carry_out(
    task: Task, run: Run, client: Any, clock: StoppableClock
) -> LdImportError | None:
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()

    def on_signal(number: int) -> None:
        # The second time means at once: what is committed stands, the rest is found out next time.
        if clock.is_stopped and main is not None:
            main.cancel()
        clock.stop(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        # Closed here: a file left half read complains of its own when the interpreter ends.
        with closing(task.manifest.records()) as records:
            async with client:
                await run.run(records, task.manifest.position)
    except LdImportError as error:
        return error
    except asyncio.CancelledError:
        return clock.interruption()
    return None


def _seconds_since(task: Task, clock: Clock) -> float:
    return (clock.now() - task.started_at).total_seconds()


def _listing(task: Task) -> str:
    listing = "ld-import ledger items --state failed --state invalid"
    if task.ledger_path.resolve() == LEDGER_NAME.resolve():
        return listing
    return f"{listing} --ledger {plain(task.ledger_path)}"


def _note_end(
    ledger: SqliteLedger, summary: Mapping[str, Any], exit_code: int, clock: Clock
) -> None:
    # The jobs are in the ledger already, one by one.
    kept = {name: value for name, value in summary.items() if name != "jobs"}
    try:
        ledger.end_run(
            exit_code=exit_code, summary=orjson.dumps(kept).decode(), ended_at=clock.now()
        )
    except LdImportError as error:
        # The run is over and its items are recorded; only this last note is missing.
        sys.stderr.write(f"warning: {plain(error)}\n")
