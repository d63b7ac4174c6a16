"""Flags that select a target and items of the ledger."""

from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.server import LedgerFlags
from ld_import.cli.flags.themes import WHAT, WHERE


@flag_group
class TargetFlags(LedgerFlags):
    """Flags that choose one target of a ledger: one kind on one server."""

    theme: ClassVar[str] = WHERE

    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="Only the imports into this server. [default: the one in ld-import.yaml, else the"
            " only one]",
            envvar=["LD_IMPORT_SERVER", "LI_HOST"],
        ),
    ] = None
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="NAME", help="Only this project of the server."),
    ] = None
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only this kind: videos, images, files or media-library. [default: the only one]",
        ),
    ] = None
    system_name: Annotated[
        str | None,
        typer.Option("--system-name", metavar="NAME", help="Only items with this systemName."),
    ] = None
    all_targets: Annotated[
        bool,
        typer.Option(
            "--all-targets", help="Show every server and project, and every kind without --kind."
        ),
    ] = False


@flag_group
class ItemFilterFlags:
    """Flags that select items."""

    theme: ClassVar[str] = WHAT

    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only items in this state (success, skipped, failed, invalid, …); may be"
            " repeated.",
        ),
    ] = None
