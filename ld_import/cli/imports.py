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
from ld_import.cli.described import LEVELS
from ld_import.cli.find import LEDGER_NAME
from ld_import.cli.options import Connection, ImportOptions, Logging
from ld_import.cli.show import counts, err, json_out, out
from ld_import.cli.summary import Facts, rows_of, summary_of
from ld_import.cli.task import Task, start_of, understand
from ld_import.cli.text import amount, plain
from ld_import.clock import Clock, SystemClock
from ld_import.errors import LdImportError
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.pipeline.rehearse import Rehearsal, rehearse
from ld_import.pipeline.run import Run
from ld_import.pipeline.stop import StoppableClock
from ld_import.pipeline.tally import Tally

EXIT_TROUBLE = 3
SHOWN_CHANGES = 20


def import_media(
    kind_name: str, options: ImportOptions, connection: Connection, logging: Logging
) -> int:
    """Import a manifest and return the exit code; raises what keeps the run from beginning."""
    clock = SystemClock()
    try:
        task = understand(kind_name, options, connection, clock.now())
        if connection.insecure:
            say("warning", "the server's certificate is not checked (--insecure)", logging, clock)
        work = _rehearse if options.dry_run else _import
        return work(task, clock, logging)
    except LdImportError as error:
        say_error(error, logging, clock)
        return error.exit_code


def _import(task: Task, clock: Clock, logging: Logging) -> int:
    with assemble.writing_ledger(task) as ledger:
        assemble.guard(task, ledger)
        stoppable = StoppableClock(clock)
        started = clock.monotonic()
        seen = SeenKeys()
        with assemble.watcher(logging, clock, task.run_id) as listen:
            client = assemble.client_of(task, stoppable, listen)
            run = assemble.run_of(task, client, ledger, seen, stoppable, listen)
            ledger.begin_run(start_of(task))
            error = asyncio.run(_carry_out(task, run, client, stoppable))
        seen.close()
        exit_code = exit_code_of(run.tally, error)
        facts = _facts(task, clock.monotonic() - started, exit_code)
        requests = {
            "import": client.counts["import"],
            "status": client.counts["status"],
            "lookup": client.counts["lookup"],
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


def say(level: str, text: str, logging: Logging, clock: Clock) -> None:
    """Print a line about the work beside the run's events, in the form of the log."""
    if logging.log_format != "json":
        err(f"{level}: {plain(text)}")
        return
    # A hint is no level of logs.
    named = level if level in LEVELS else "info"
    line = {"time": clock.now().isoformat(timespec="milliseconds"), "level": named}
    err(orjson.dumps({**line, "event": level, "message": plain(text)}).decode())


def say_error(error: LdImportError, logging: Logging, clock: Clock) -> None:
    """Print what ended the run and what to do next."""
    say("error", str(error), logging, clock)
    say("hint", error.hint, logging, clock)


def _listing(task: Task) -> str:
    listing = "ld-import ledger items --state failed --state invalid"
    if task.ledger_path.resolve() == LEDGER_NAME.resolve():
        return listing
    return f"{listing} --ledger {plain(task.ledger_path)}"


def exit_code_of(tally: Tally, error: LdImportError | None) -> int:
    """Return the exit code: that of the error, else whether any line needs somebody's attention."""
    if error is not None:
        return error.exit_code
    return EXIT_TROUBLE if tally.trouble_count else 0


def tell(summary: Mapping[str, Any], *, is_json: bool, logging: Logging) -> None:
    """Print how a run ended: JSON for scripts, counts for people, nothing for `-q`."""
    if is_json:
        json_out(summary)
        return
    if logging.quiet:
        return
    seconds, requests = summary["seconds"], summary["requests"]
    what = "dry run of" if summary["dryRun"] else "imported"
    counts(f"{what} {summary['manifest']} → {summary['target']}", rows_of(summary))
    if summary["dryRun"]:
        out(
            f"  nothing was sent ({amount(summary['wouldRequest']['import'], 'request')} of"
            f" {summary['wouldRequest']['bytes']:,} bytes in all would be), {seconds:.1f} s"
        )
    else:
        out(
            f"  {amount(requests['import'], 'import request')},"
            f" {amount(requests['status'], 'status request')},"
            f" {requests['retried']:,} retried, {seconds:.1f} s"
        )


def _rehearse(task: Task, clock: Clock, logging: Logging) -> int:
    ledger = SqliteLedger(task.ledger_path, task.target, read_only=True)
    assemble.guard(task, ledger)
    started = clock.monotonic()
    seen = SeenKeys()
    with assemble.watcher(logging, clock, task.run_id) as listen:
        rehearsal = rehearse(
            task.manifest.records(),
            records_file=str(task.manifest.records_path),
            planner=assemble.planner_of(task, ledger, seen),
            cutter=assemble.cutter_of(task),
            envelope=task.envelope,
            listen=listen,
            share_read=task.manifest.position,
        )
    seen.close()
    ledger.close()
    exit_code = exit_code_of(rehearsal.tally, None)
    facts = _facts(task, clock.monotonic() - started, exit_code)
    nothing = {"import": 0, "status": 0, "lookup": 0, "retried": 0}
    more = _rehearsed(rehearsal, task)
    summary = summary_of(rehearsal.tally, facts, requests=nothing, more=more)
    if not task.options.json and not logging.quiet:
        _show_rehearsal(rehearsal, task)
    tell(summary, is_json=task.options.json, logging=logging)
    return exit_code


def _rehearsed(rehearsal: Rehearsal, task: Task) -> dict[str, Any]:
    first = rehearsal.first_body
    return {
        "wouldRequest": {"import": rehearsal.request_count, "bytes": rehearsal.byte_count},
        "firstRequest": _request_line(task) | {"body": orjson.loads(first)} if first else None,
        "changed": [{"externalId": key, "fields": fields} for key, fields in rehearsal.changed],
        "invalidLines": [
            {
                "line": one.line,
                "externalId": one.external_id,
                "problems": [{"field": each.field, "text": each.text} for each in one.problems],
            }
            for one in rehearsal.invalid
        ],
    }


def _show_rehearsal(rehearsal: Rehearsal, task: Task) -> None:
    for key, fields in rehearsal.changed[:SHOWN_CHANGES]:
        out(plain(f"changed {key}: {', '.join(fields)}"))
    if len(rehearsal.changed) > SHOWN_CHANGES:
        out("… and more; --json lists them")
    if rehearsal.first_body is not None:
        line = _request_line(task)
        out(f"first request: {line['method']} {plain(line['url'])}")
        out(plain(rehearsal.first_body.decode(), limit=2000))


def _request_line(task: Task) -> dict[str, Any]:
    return {
        "method": "POST",
        "url": f"{task.server.url}/api/{task.server.api_version}/{task.kind.path}",
        "headers": {"Authorization": "Bearer …"},
    }


def _facts(task: Task, seconds: float, exit_code: int) -> Facts:
    return Facts(
        run_id=task.run_id,
        kind=task.kind.name,
        target=task.server.url,
        system_name=task.settings.system_name,
        manifest=str(task.manifest.path),
        is_dry_run=task.options.dry_run,
        seconds=seconds,
        exit_code=exit_code,
    )


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
