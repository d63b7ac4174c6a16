"""Flags for checks of a manifest that go to the network."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.server import ProfileFlags, ServerFlags
from ld_import.cli.flags.themes import WHAT


@flag_group
class ProjectCheckFlags(ServerFlags, ProfileFlags):
    """Flags for a check against the project of a server."""

    theme: ClassVar[str] = WHAT

    check_project: Annotated[
        bool,
        typer.Option(
            "--check-project",
            help="Also check all records against the project of the server; one request is made.",
        ),
    ] = False


@flag_group
class UrlCheckFlags:
    """Flags for the check of the URLs in a manifest."""

    theme: ClassVar[str] = WHAT

    check_urls: Annotated[
        bool,
        typer.Option(
            "--check-urls",
            help="Ask the host of every URL whether the file is there; good results are kept for"
            " seven days.",
        ),
    ] = False
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            help="Check N URLs only, spread over the manifest and its hosts.",
            min=1,
        ),
    ] = None
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Ask for URLs with a result that is kept as well.")
    ] = False
    url_report: Annotated[
        Path | None,
        typer.Option(
            "--url-report",
            metavar="PATH",
            help="Write a CSV file with the records whose URLs need repair.",
        ),
    ] = None
