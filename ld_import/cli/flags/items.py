"""Flags that select items of the ledger."""

from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.themes import WHAT


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
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="Only items on this server.")
    ] = None
