"""Flags for the manifest and the identity of its items."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.themes import WHAT
from ld_import.suffixes import FORMAT_NAMES, SUFFIXES, listed


@flag_group
class ManifestFlags:
    """Flags for the manifest."""

    theme: ClassVar[str] = WHAT

    manifest: Annotated[
        Path | None,
        typer.Argument(
            metavar="MANIFEST",
            # Typer would check it with a message of its own; reading it reports more.
            readable=False,
            help=f"Manifest: {listed(SUFFIXES)}, optionally .gz; - reads standard input. [default:"
            " the one in ld-import.yaml, else the only file named like the command, else"
            " manifest.…]",
            show_default=False,
        ),
    ] = None
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"Format of the manifest if its name does not show it: {listed(FORMAT_NAMES)}.",
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER",
            help="Delimiter of a .csv: one character, or tab. [default: from the manifest, else"
            " from the header row]",
        ),
    ] = None
    sheet: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Sheet of an .xlsx. [default: from the manifest, else the first visible one]",
        ),
    ] = None
    allow_outside_source: Annotated[
        bool,
        typer.Option(
            "--allow-outside-source",
            help="Allow a `source` or `file` outside the folder of the manifest.",
        ),
    ] = False


@flag_group
class IdentityFlags:
    """Flags for the identity of items."""

    theme: ClassVar[str] = WHAT

    system_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the legacy system; must never change. [default: from the manifest]",
            envvar="LD_IMPORT_SYSTEM_NAME",
        ),
    ] = None
    external_id: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Jinja template of the externalId. [default: from the manifest, else the record's"
            " externalId, else its id]",
        ),
    ] = None


@flag_group
class KindFlags:
    """The flag for the kind, in commands that are not named after one."""

    theme: ClassVar[str] = WHAT

    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Kind of import, such as videos.")
    ] = None
