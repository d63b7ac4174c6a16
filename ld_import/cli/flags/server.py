"""Flags for configuration, ledger and server."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.themes import WHERE


@flag_group
class ConfigFlags:
    """The flag for the configuration file."""

    theme: ClassVar[str] = WHERE

    config: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Configuration file. [default: ld-import.yaml in the working directory]",
            envvar="LD_IMPORT_CONFIG",
        ),
    ] = None


@flag_group
class ProfileFlags(ConfigFlags):
    """Flags for the configuration file and the profile in it."""

    theme: ClassVar[str] = WHERE

    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Profile in ld-import.yaml to use.", envvar="LD_IMPORT_PROFILE"
        ),
    ] = None


@flag_group
class LedgerFlags(ProfileFlags):
    """Flags for the ledger."""

    theme: ClassVar[str] = WHERE

    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="PATH",
            help="Ledger file. [default: .ld-import/ledger.sqlite3 in the working directory]",
            envvar="LD_IMPORT_LEDGER",
        ),
    ] = None


@flag_group
class ServerFlags:
    """Flags for the server and the connection to it."""

    theme: ClassVar[str] = WHERE

    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Base URL of the Livingdocs server.",
            envvar=["LD_IMPORT_SERVER", "LI_HOST"],
        ),
    ] = None
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="File with the access token. [default: LD_IMPORT_TOKEN or LI_TOKEN]",
        ),
    ] = None
    token_command: Annotated[
        str | None,
        typer.Option(
            metavar="CMD",
            help="Command that prints the access token, such as that of a password manager.",
        ),
    ] = None
    api_version: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="API version. [default: 2026-05]",
            envvar="LD_IMPORT_API_VERSION",
        ),
    ] = None
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Allow http to a host other than this machine.")
    ] = False
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Do not check the server's certificate.")
    ] = False
    ca_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Certificate authority of the server, a file in PEM format."
        ),
    ] = None
