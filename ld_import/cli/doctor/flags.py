"""The flags of `doctor`: those of an import that decide about configuration, server and ledger."""

from typing import Annotated

import typer

from ld_import.cli.options import JsonFlags, LedgerFlags, ServerFlags, command_flags


@command_flags
class DoctorFlags(JsonFlags, LedgerFlags, ServerFlags):
    """The flags of `doctor`."""

    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Kind of import to check, such as videos. [default: any]",
            show_default=False,
        ),
    ] = None
