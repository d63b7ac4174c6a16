"""`--dry-run`: what a real run would decide and send, shown; nothing is sent or written."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any

import orjson

from ld_import.cli import assemble
from ld_import.cli.log import Log
from ld_import.cli.show import out
from ld_import.cli.summary import summary_of
from ld_import.cli.task import Task
from ld_import.cli.tell import exit_code_of, facts_of, tell
from ld_import.cli.text import REDACTOR, plain
from ld_import.cli.watch import watcher
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.pipeline.rehearse import Rehearsal, rehearse

SHOWN_CHANGES = 20


def rehearse_import(task: Task, log: Log) -> int:
    """Decide about a whole manifest and show it; return 3 if any line needs mending, else 0."""
    with ExitStack() as opened:
        ledger = SqliteLedger(task.ledger_path, task.target, read_only=True, redact=REDACTOR.redact)
        opened.callback(ledger.close)
        assemble.guard(task, ledger)
        seen = opened.enter_context(closing(SeenKeys()))
        listen = opened.enter_context(watcher(log, task.run_id))
        rehearsal = rehearse(
            opened.enter_context(closing(task.manifest.records())),
            records_file=str(task.manifest.records_path),
            planner=assemble.planner_of(task, ledger, seen),
            cutter=assemble.cutter_of(task),
            envelope=task.envelope,
            listen=listen,
            share_read=task.manifest.position,
            guard=assemble.double_guard_of(task, ledger),
        )
    exit_code = exit_code_of(rehearsal.tally, None)
    facts = facts_of(task, log.seconds, exit_code)
    nothing = {"import": 0, "status": 0, "lookup": 0, "patch": 0, "retried": 0}
    more = _rehearsed(rehearsal, task)
    summary = summary_of(rehearsal.tally, facts, requests=nothing, more=more)
    if not task.options.json and not log.flags.quiet:
        _show_rehearsal(rehearsal, task)
    tell(summary, is_json=task.options.json, log=log)
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
