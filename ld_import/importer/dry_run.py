"""A dry run as a call: the decisions of an import; nothing is sent or written."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import orjson

from ld_import.clock import Clock, SystemClock
from ld_import.events import Listener
from ld_import.importer.listening import ignore, opened
from ld_import.importer.new_run import NewRun
from ld_import.importer.planning import cutter_of, double_guard_of, guard, planner_of
from ld_import.importer.result import Facts, ImportResult, exit_code_of, summary_of
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import Ledger, SeenKeys, SqliteLedger
from ld_import.pipeline.rehearse import Rehearsal, rehearse


def plan_import(
    spec: ImportSpec,
    listen: Listener = ignore,
    *,
    clock: Clock | None = None,
    run: NewRun | None = None,
) -> ImportResult:
    """Decide about every record of a manifest and return the decisions: a dry run.

    Nothing is sent or written: the ledger is opened read-only. Raises the same errors as
    `run_import` before its run begins. The summary also has `wouldSend`, `wouldRequest`,
    `firstRequest`, `changed` and `invalidLines`.
    """
    clock = clock or SystemClock()
    run = run or NewRun.at(clock)
    ledger = SqliteLedger(spec.ledger_path, spec.target, read_only=True, hide=spec.redactor.hide)
    with closing(ledger):
        guard(spec, ledger)
        rehearsal = decide_all(spec, ledger, listen, is_guarded=True)
    exit_code = exit_code_of(rehearsal.tally, None)
    seconds = clock.monotonic() - run.started_monotonic
    summary = summary_of(
        rehearsal.tally,
        Facts.of(spec, run, seconds=seconds, exit_code=exit_code, is_dry_run=True),
        requests=dict.fromkeys(("import", "status", "lookup", "patch", "retried"), 0),
        more=_planned(rehearsal, spec),
    )
    return ImportResult(
        tally=rehearsal.tally, summary=summary, exit_code=exit_code, first_body=rehearsal.first_body
    )


def decide_all(
    spec: ImportSpec, ledger: Ledger, listen: Listener, *, is_guarded: bool
) -> Rehearsal:
    """Decide about every record of a manifest, against this ledger."""
    with (
        closing(SeenKeys()) as seen,
        opened(listen) as listener,
        closing(spec.manifest.records()) as records,
    ):
        return rehearse(
            records,
            records_file=str(spec.manifest.records_path),
            planner=planner_of(spec, ledger, seen),
            cutter=cutter_of(spec),
            envelope=spec.envelope,
            listen=listener,
            share_read=spec.manifest.position,
            guard=double_guard_of(spec, ledger) if is_guarded else None,
        )


def _planned(rehearsal: Rehearsal, spec: ImportSpec) -> dict[str, Any]:
    first = rehearsal.first_body
    return {
        "wouldRequest": {"import": rehearsal.request_count, "bytes": rehearsal.byte_count},
        "firstRequest": _request_line(spec) | {"body": orjson.loads(first)} if first else None,
        "changed": [{"externalId": key, "fields": fields} for key, fields in rehearsal.changed],
        "invalidLines": [
            {
                "line": record.line,
                "externalId": record.external_id,
                "problems": [
                    {"field": problem.field, "text": problem.text} for problem in record.problems
                ],
            }
            for record in rehearsal.invalid
        ],
    }


def _request_line(spec: ImportSpec) -> dict[str, Any]:
    server = spec.server
    base = "" if server is None else f"{server.url}/api/{server.api_version}"
    return {
        "method": "POST",
        "url": f"{base}/{spec.kind_rules.path}",
        "headers": {"Authorization": "Bearer …"},
    }
