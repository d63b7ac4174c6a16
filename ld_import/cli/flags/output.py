"""Flags for results and logs."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import command_flags, flag_group
from ld_import.cli.flags.themes import OUTPUT


@flag_group
class JsonFlags:
    """The flag for the format of the result."""

    theme: ClassVar[str] = OUTPUT

    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document to standard output.")
    ] = False


@flag_group
class FindingFlags(JsonFlags):
    """Flags for the output of findings."""

    theme: ClassVar[str] = OUTPUT

    output: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="Format of the result: text, json or sarif; --json is short for json."
            " [default: text]",
        ),
    ] = None
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="Also show every problem on its own line, and all groups."
        ),
    ] = False


@command_flags
class LogFlags:
    """Flags for the log."""

    theme: ClassVar[str] = OUTPUT

    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="Format of the log on standard error: text or json. [default: text]",
        ),
    ] = None
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Lowest level to log: debug, info, warning or error. [default: info]",
        ),
    ] = None
    log_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Also write the log to this file, in the same format; rotated at 10 MB, five"
            " older files are kept.",
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every job and every retry.")
    ] = False


@flag_group
class RowFlags(JsonFlags):
    """Flags of a list of rows."""

    theme: ClassVar[str] = OUTPUT

    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", help="Maximum number of rows; 0 shows all.", min=0),
    ] = 20
