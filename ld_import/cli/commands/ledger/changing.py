"""Flags of the commands that change a ledger: --dry-run or --yes, requests, selection."""

from pathlib import Path
from typing import Annotated

import typer

from ld_import.cli.options import flag_group
from ld_import.errors import UsageError


@flag_group
class ConfirmFlags:
    """The flags of which exactly one is needed: show, or change."""

    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", "-n", help="Show what would be changed; change nothing."),
    ] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change it.")] = False


@flag_group
class RequestFlags:
    """Flags for the requests of a command."""

    parallel: Annotated[
        int | None, typer.Option(metavar="N", help="Requests in flight. [default: 2]", min=1)
    ] = None
    max_rate: Annotated[
        float | None, typer.Option(metavar="N", help="Maximum requests per second.", min=0.001)
    ] = None


@flag_group
class LookUpFlags:
    """Flags that select records to look up."""

    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Maximum number of items to look up.", min=0)
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Look up only this externalId; may be repeated."),
    ] = None
    only_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Look up only the externalIds in this file, one per line."
        ),
    ] = None


def check_confirmed(flags: ConfirmFlags) -> None:
    """Raise UsageError unless exactly one of --dry-run and --yes is given."""
    if flags.dry_run == flags.yes:
        problem = "contradict each other" if flags.yes else "are both missing"
        raise UsageError(
            f"--dry-run and --yes {problem}",
            hint="--dry-run shows what would be changed, --yes changes it",
        )
