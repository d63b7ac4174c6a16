"""Flags of the commands that change a ledger: --dry-run or --yes, requests, selection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ld_import.cli.flags.themes import LIMITS, WHAT
from ld_import.cli.options import LedgerFlags, flag_group
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ld_import.cli.config.file import Config


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

    theme: ClassVar[str] = LIMITS

    parallel: Annotated[
        int | None, typer.Option(metavar="N", help="Requests in flight. [default: 2]", min=1)
    ] = None
    max_rate: Annotated[
        float | None, typer.Option(metavar="N", help="Maximum requests per second.", min=0.001)
    ] = None


@flag_group
class LookUpFlags:
    """Flags that select records to look up."""

    theme: ClassVar[str] = WHAT

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


def ledger_to_change(flags: LedgerFlags, profile: Mapping[str, Any], config: Config) -> Path:
    """Return the path of an existing ledger.

    Raises UsageError if it is missing, and LedgerError if it was found, not named, and belongs to
    another user.
    """
    from ld_import.cli.config.discovery import find_ledger
    from ld_import.ledger.ownership import check_owner

    path = find_ledger(flags.ledger, profile, config, folder=Path())
    if not path.exists():
        raise UsageError(
            f"there is no ledger {path}",
            hint="name one with --ledger; an import creates it beside its manifest",
        )
    if not (flags.ledger or profile.get("ledger")):
        check_owner(path)
    return path


def check_confirmed(flags: ConfirmFlags) -> None:
    """Raise UsageError unless exactly one of --dry-run and --yes is given."""
    if flags.dry_run == flags.yes:
        problem = "contradict each other" if flags.yes else "are both missing"
        raise UsageError(
            f"--dry-run and --yes {problem}",
            hint="--dry-run shows what would be changed, --yes changes it",
        )
