"""`ledger export --complete`: completes the ledger before it is exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ld_import.cli.options import ServerFlags, TargetFlags, flag_group
from ld_import.cli.output.console import print_err, print_event
from ld_import.cli.output.left_out import left_out_row, print_left_out
from ld_import.cli.output.sanitize import REDACTOR, sanitize
from ld_import.clock import SystemClock
from ld_import.errors import UsageError

# Imported when something is to be completed: an export alone does not need them.
if TYPE_CHECKING:
    from ld_import.importer.complete import Completion
    from ld_import.importer.server import Server
    from ld_import.ledger import TargetFilter
    from ld_import.ledger.incomplete_media import MediaNeed


@flag_group
class CompleteFlags(TargetFlags, ServerFlags):
    """Flags for a completion: the target, and the connection to its server."""

    complete: Annotated[
        bool,
        typer.Option(
            "--complete",
            help="First ask the server for what the ledger does not know about stored files.",
        ),
    ] = False
    max_rate: Annotated[
        float | None,
        typer.Option(metavar="N", help="Maximum requests per second of --complete.", min=0.001),
    ] = None


def need_of(facts: Sequence[str], states: Sequence[str], target: TargetFilter) -> MediaNeed:
    """Return what a completion looks for; without `states`, in all imported items."""
    from ld_import.ledger.incomplete_media import IMPORTED, MediaNeed

    return MediaNeed(facts=tuple(facts), states=states or IMPORTED, system_name=target.system_name)


def complete(
    flags: CompleteFlags, target: TargetFilter, ledger_path: Path, need: MediaNeed
) -> bool:
    """Complete the items of a target; return whether no item remains incomplete.

    Prints the counts and the reasons to standard error. Raises UsageError, LedgerError and
    ApiError.
    """
    from ld_import.cli.output.complete_progress import complete_progress, counted
    from ld_import.importer.complete import CompleteSpec, complete_media

    if target.kind is None:
        raise UsageError("there is nothing to complete", hint="import something first")
    spec = CompleteSpec(
        server=_server(flags, target),
        kind=target.kind,
        ledger_path=ledger_path,
        need=need,
        max_rate=flags.max_rate,
        redactor=REDACTOR,
    )
    clock = SystemClock()
    with complete_progress(clock) as note:
        completion = complete_media(spec, print_event, on_progress=note, clock=clock)
    print_err(counted(completion))
    _print_missed(completion)
    return not completion.missed


def _server(flags: CompleteFlags, target: TargetFilter) -> Server:
    from ld_import.cli.config.file import find_config
    from ld_import.cli.config.server import find_server, with_credentials

    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    # Not the address in the ledger: the token must go to a server that the user named.
    server = find_server(flags, profile, config)
    if server.url != target.server:
        raise UsageError(
            f"the items are those of {sanitize(target.server)}, and the configured server is"
            f" {server.url}",
            hint="name the server with --server",
        )
    server = replace(server, project=target.project or "")
    return with_credentials(server, flags, profile, config)


def _print_missed(completion: Completion) -> None:
    from ld_import.importer.complete import ADVICE

    print_left_out(
        left_out_row(count, reason, completion.examples[reason], ADVICE.get(reason, ""))
        for reason, count in completion.missed.items()
    )
