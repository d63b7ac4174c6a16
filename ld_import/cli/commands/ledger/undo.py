"""`ld-import ledger undo`: archive the entries that one run created."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.commands.ledger.changing import (
    ConfirmFlags,
    RequestFlags,
    check_confirmed,
    ledger_to_change,
)
from ld_import.cli.options import JsonFlags, LedgerFlags, ServerFlags, command_flags, command_of
from ld_import.cli.output.console import (
    counts,
    error_lines,
    json_out,
    print_err,
    print_event,
    print_out,
)
from ld_import.cli.output.sanitize import REDACTOR, sanitize
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from ld_import.clock import Clock
    from ld_import.importer.server import Server
    from ld_import.importer.undo import UndoProgress, UndoResult, UndoSpec

USES = (
    "note: the API does not show which documents use an entry; check in Livingdocs before you"
    " archive entries that were published"
)


@command_flags
class UndoFlags(ConfirmFlags, JsonFlags, RequestFlags, LedgerFlags, ServerFlags):
    """The flags of `ledger undo`."""

    run_id: Annotated[
        str, typer.Argument(metavar="RUN", help="Id of the run; `ledger runs` lists them.")
    ]


def undo_run(flags: UndoFlags) -> int:
    """Archive what a run created; return 3 if any of its entries were left."""
    from ld_import.cli.signals import Signals
    from ld_import.clock import SystemClock
    from ld_import.importer.run import RunEnvironment
    from ld_import.importer.undo import undo

    check_confirmed(flags)
    clock = SystemClock()
    with Signals().installed() as signals, signals.raising():
        spec = _spec_of(flags)
        print_err(USES)
        with _progress(clock) as on_progress:
            result = undo(
                spec,
                print_event,
                is_dry_run=flags.dry_run,
                on_progress=on_progress,
                environment=RunEnvironment(clock=clock, interrupts=signals),
            )
    return _shown(result, flags)


command = command_of(UndoFlags, undo_run)


def _spec_of(flags: UndoFlags) -> UndoSpec:
    from ld_import.cli.config.command_line import redacted_command
    from ld_import.cli.config.file import find_config
    from ld_import.cli.config.server import find_server, with_credentials
    from ld_import.importer.settings import PARALLEL
    from ld_import.importer.undo import UndoSpec

    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    ledger_path = ledger_to_change(flags, profile, config)
    run = _run_in(ledger_path, flags.run_id)
    server = find_server(flags, profile, config)
    _check_server(run, server)
    defaults = config.command(run["kind"])
    authorized = with_credentials(server, flags, profile, config)
    if authorized.token is not None:
        REDACTOR.add(authorized.token)
    return UndoSpec(
        run_id=run["run"],
        kind=run["kind"],
        server=authorized,
        ledger_path=ledger_path,
        manifest=run["manifest"],
        system_name=run["systemName"],
        parallel=flags.parallel or defaults.get("parallel", PARALLEL),
        max_rate=flags.max_rate or defaults.get("maxRate"),
        command=redacted_command(sys.argv[1:]),
        redactor=REDACTOR,
    )


def _run_in(ledger_path: Path, run_id: str) -> Mapping[str, Any]:
    from ld_import.ledger import LedgerReader

    with LedgerReader(ledger_path) as reader:
        runs = reader.runs()
    run = next((run for run in runs if run["run"] == run_id), None)
    if run is None:
        from ld_import.wording import did_you_mean

        known = [str(run["run"]) for run in runs]
        advice = f"; {did_you_mean(run_id, known)}" if known else ""
        raise UsageError(
            f"the ledger {ledger_path} has no run {run_id!r}{advice}",
            hint="`ld-import ledger runs` lists the runs",
        )
    return run


def _check_server(run: Mapping[str, Any], server: Server) -> None:
    """Raise UsageError unless the server is the one that the run imported into."""
    if (run["server"], run["project"]) == (server.url, server.project):
        return
    project = f", project {run['project']}" if run["project"] else ""
    raise UsageError(
        f"the run {run['run']} imported into {run['server']}{project}, not into {server.url}",
        hint=f"name that server: --server {run['server']}, or the profile that was used",
    )


@contextmanager
def _progress(clock: Clock) -> Iterator[Callable[[UndoProgress], None]]:
    from ld_import.cli.output.step_progress import rate_parts, step_progress

    began = clock.monotonic()
    with step_progress("undo", clock) as note:

        def on_progress(progress: UndoProgress) -> None:
            found, total = progress.counts, progress.total
            share = found.examined / total if total else None
            note(
                [
                    (f"{found.examined:,} of {total:,}", "", 9),
                    (f"{found.archived:,} archived", "green", 8),
                    (f"{found.refused:,} left", "yellow", 7),
                    *rate_parts(clock.monotonic() - began, found.examined, share),
                ]
            )

        yield on_progress


def _shown(result: UndoResult, flags: UndoFlags) -> int:
    if flags.json:
        json_out(result.summary)
    else:
        _print(result.summary)
    if result.error is not None:
        error_lines(str(result.error), result.error.hint)
    return result.exit_code


def _print(summary: Mapping[str, Any]) -> None:
    archived = "would be archived" if summary["dryRun"] else "archived"
    rows = [
        (archived, summary["archived"]),
        ("archived before", summary["archivedBefore"]),
        ("failed in the run: nothing to archive", summary["notCreated"]),
        ("left, for these reasons:", summary["refused"]),
    ]
    title = f"run {summary['undoes']}: {summary['items']:,} items of {summary['kind']}"
    counts(f"{title} on {summary['target']}", [row for row in rows if row[1]])
    for group in summary["reasons"]:
        examples = ", ".join(map(_example, group["examples"]))
        more = " …" if group["count"] > len(group["examples"]) else ""
        print_out(f"  {group['count']:,}  {sanitize(group['reason'])}: {examples}{more}")
    if summary["archived"] and not summary["dryRun"]:
        print_err(
            "hint: the server keeps the externalIds of archived entries in use: the next import"
            " leaves these records as failed before; import them under new ids, or take them out"
            " of the manifest"
        )


def _example(example: Mapping[str, Any]) -> str:
    detail = f" ({example['detail']})" if "detail" in example else ""
    return sanitize(f"{example['externalId']}{detail}")
