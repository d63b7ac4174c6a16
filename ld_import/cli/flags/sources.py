"""Flags for files that the user names, at any source."""

from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.server import ConfigFlags
from ld_import.cli.flags.themes import WHERE


@flag_group
class SourceFlags(ConfigFlags):
    """Flags for the hosts of files, and the configuration with their credentials."""

    theme: ClassVar[str] = WHERE

    allow_private_sources: Annotated[
        bool,
        typer.Option(
            "--allow-private-sources",
            help="Allow https files on hosts with private addresses.",
        ),
    ] = False
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Allow files of hosts without TLS.")
    ] = False
