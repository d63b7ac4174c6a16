"""The flags of `ld-import init`."""

from pathlib import Path
from typing import Annotated

import typer

from ld_import.cli.options import ProfileFlags, ServerFlags, command_flags


@command_flags
class InitFlags(ServerFlags, ProfileFlags):
    """The flags of `init`."""

    export: Annotated[
        Path | None,
        typer.Argument(
            metavar="EXPORT",
            # Typer would check it with a message of its own; reading it reports more.
            readable=False,
            help="Export of the old system, in a format of manifests. [default: write a sample]",
            show_default=False,
        ),
    ] = None
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to. [default: the folder of EXPORT]"),
    ] = None
    copy: Annotated[
        bool,
        typer.Option("--copy", help="Copy EXPORT to DIR: a manifest reads only its own folder."),
    ] = False
    delimiter: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER",
            help="Delimiter of a .csv: one character, or tab. [default: from the header row]",
        ),
    ] = None
    sheet: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Sheet of an .xlsx. [default: the first visible one]"),
    ] = None
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Kind of import: videos, images, files or media-library. [default: measured]",
        ),
    ] = None
    system_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the legacy system; must never change. [default: from the name of EXPORT]",
        ),
    ] = None
    external_id: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Column or Jinja template of the externalId. [default: measured]",
        ),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept all proposals; ask nothing.")] = (
        False
    )
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", "-n", help="Print the proposed manifest; write nothing."),
    ] = False
    no_server: Annotated[
        bool,
        typer.Option("--no-server", help="Do not ask the server for the fields of the project."),
    ] = False
