"""A dry run as a call: the decisions of an import; nothing is sent or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import orjson

from ld_import.clock import Clock, SystemClock
from ld_import.events import Listener, Note
from ld_import.importer.garbage import rare_collection
from ld_import.importer.listening import ignore, opened
from ld_import.importer.new_run import NewRun
from ld_import.importer.planning import batcher_of, double_guard_of, guard, planner_of, size_of
from ld_import.importer.result import Facts, ImportResult, exit_code_of, summary_of
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import Ledger, SeenKeys, SqliteLedger
from ld_import.model import Record
from ld_import.pipeline.planning.dry_run import DryRun, RecordSource, plan_all
from ld_import.wording import amount

# The number of records whose files are looked at together.
LOOK_RECORDS = 256


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
    ledger = SqliteLedger(
        spec.ledger_path, spec.target, read_only=True, redact=spec.redactor.redact
    )
    with closing(ledger):
        guard(spec, ledger)
        dry_run = _decide_all(spec, ledger, listen)
    exit_code = exit_code_of(dry_run.tally, None)
    seconds = clock.monotonic() - run.started_monotonic
    summary = summary_of(
        dry_run.tally,
        Facts.of(spec, run, seconds=seconds, exit_code=exit_code, is_dry_run=True),
        requests=dict.fromkeys(("import", "status", "lookup", "patch", "retried"), 0),
        more=_planned(dry_run, spec),
    )
    return ImportResult(
        tally=dry_run.tally, summary=summary, exit_code=exit_code, first_body=dry_run.first_body
    )


def _decide_all(spec: ImportSpec, ledger: Ledger, listen: Listener) -> DryRun:
    with (
        closing(SeenKeys()) as seen,
        opened(listen) as listener,
        _records(spec, ledger, listener) as records,
        rare_collection(),
    ):
        manifest = spec.manifest
        return plan_all(
            RecordSource(records, str(manifest.records_path), manifest.position),
            planner_of(spec, ledger, seen),
            batcher_of(spec, size_of(spec, ledger)),
            envelope=spec.envelope,
            listen=listener,
            guard=double_guard_of(spec, ledger),
        )


@contextmanager
def _records(spec: ImportSpec, ledger: Ledger, listen: Listener) -> Iterator[Iterator[Record]]:
    """Return the records, with notes about their files where these would be uploaded.

    At the end, notes are emitted about files that would be kept, or cannot be read.
    """
    with closing(spec.manifest.records()) as records:
        if not spec.prepares_files:
            yield records
            return
        from ld_import.importer.file_keys import KeyTemplates
        from ld_import.importer.file_states import SourceAsker
        from ld_import.importer.files import look_notes, look_of

        assert spec.assets is not None
        KeyTemplates(spec.assets)
        with closing(SourceAsker(spec.assets)) as asker:
            look = look_of(spec, ledger, asker)
            yield look.noted(records, LOOK_RECORDS)
            for text in look_notes(look.counts):
                listen(Note(text))
            if look.counts.unreadable:
                many = amount(look.counts.unreadable, "file")
                listen(Note(f"{many} could not be read now: {look.counts.fault}"))


def _planned(dry_run: DryRun, spec: ImportSpec) -> dict[str, Any]:
    first = dry_run.first_body
    uploads = {
        "files": dry_run.file_count,
        "bytes": dry_run.file_bytes,
        "unknownSizes": dry_run.unknown_sizes,
    }
    return {
        **({"uploads": uploads} if spec.prepares_files else {}),
        "wouldRequest": {"import": dry_run.request_count, "bytes": dry_run.byte_count},
        "firstRequest": _request_line(spec) | {"body": orjson.loads(first)} if first else None,
        "changed": [{"externalId": key, "fields": fields} for key, fields in dry_run.changed],
        "invalidLines": [
            {
                "line": record.line,
                "externalId": record.external_id,
                "problems": [
                    {"field": problem.field, "text": problem.text} for problem in record.problems
                ],
            }
            for record in dry_run.invalid
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
