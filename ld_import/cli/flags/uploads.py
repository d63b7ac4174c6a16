"""Flags for files that are uploaded."""

from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import command_flags, flag_group
from ld_import.cli.flags.imports import ImportFlags
from ld_import.cli.flags.themes import FILES, WHAT


@flag_group
class UploadFlags:
    """Flags for the files of a manifest that are uploaded to a storage."""

    theme: ClassVar[str] = FILES

    transfers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Files in transfer at a time. [default: 8]", min=1),
    ] = None
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Scheduler of a Dask cluster whose workers transfer the files: tls://HOST:PORT.",
        ),
    ] = None
    verify: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="Check of a stored file: etag, get (read it again) or none. [default: etag]",
        ),
    ] = None
    reprobe: Annotated[
        bool,
        typer.Option("--reprobe", help="Read files again whose source has not changed."),
    ] = False
    allow_private_sources: Annotated[
        bool,
        typer.Option(
            "--allow-private-sources",
            help="Allow https files on hosts with private addresses.",
        ),
    ] = False
    limit_bandwidth: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Maximum bytes per second of all transfers, such as 500K, 10M or 1G.",
        ),
    ] = None


@command_flags
class LibraryImportFlags(UploadFlags, ImportFlags):
    """The flags of an import into the media library."""

    theme: ClassVar[str] = WHAT

    random_ids: Annotated[
        bool, typer.Option("--random-ids", help="Let the server choose media ids.")
    ] = False
