"""The flags of the import commands."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import command_flags, flag_group
from ld_import.cli.flags.manifest import IdentityFlags, ManifestFlags
from ld_import.cli.flags.output import JsonFlags, LogFlags
from ld_import.cli.flags.requests import BatchBytesFlags, MaxWaitFlags
from ld_import.cli.flags.server import LedgerFlags, ServerFlags
from ld_import.cli.flags.themes import LIMITS, OUTPUT, WAITING, WHAT, WHERE


@flag_group
class SelectionFlags:
    """Flags that select the records to send."""

    theme: ClassVar[str] = WHAT

    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", "-n", help="Show what would be sent; send and write nothing."),
    ] = False
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Send only this externalId; may be repeated."),
    ] = None
    only_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Send only the externalIds in this file: one per line, or an output of `ledger`.",
        ),
    ] = None
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also send items whose last attempt failed.")
    ] = False
    force: Annotated[bool, typer.Option("--force", help="Also send unchanged items.")] = False
    on_existing: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="For items that the server already has: skip, patch or fail. [default: skip]",
        ),
    ] = None
    accept_new_ids: Annotated[
        bool,
        typer.Option(
            "--accept-new-ids", help="Import even if ids differ from those of earlier imports."
        ),
    ] = False
    no_preflight: Annotated[
        bool,
        typer.Option(
            "--no-preflight",
            help="Do not check records against the project before they are sent.",
        ),
    ] = False
    no_spot_check: Annotated[
        bool,
        typer.Option(
            "--no-spot-check",
            help="Do not ask first whether the server still has the items imported last.",
        ),
    ] = False


@flag_group
class ImportLedgerFlags(LedgerFlags):
    """The flag for the ledger of an import."""

    theme: ClassVar[str] = WHERE

    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="PATH",
            help="Ledger file. [default: .ld-import/ledger.sqlite3 beside the manifest]",
            envvar="LD_IMPORT_LEDGER",
        ),
    ] = None


@flag_group
class VolumeFlags(BatchBytesFlags):
    """Flags that limit an import."""

    theme: ClassVar[str] = LIMITS

    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Maximum number of items to send.", min=0)
    ] = None
    batch_size: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto",
            help="Maximum items in a request; auto learns the number that suits the server."
            " [default: auto]",
        ),
    ] = None
    parallel: Annotated[
        int | None, typer.Option(metavar="N", help="Batches in flight. [default: 2]", min=1)
    ] = None
    max_rate: Annotated[
        float | None, typer.Option(metavar="N", help="Maximum requests per second.", min=0.001)
    ] = None
    daily_limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="Maximum number of items to send in 24 hours.", min=1),
    ] = None
    max_failures: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop if the first N outcomes are all failures; 0 never stops. [default: 300]",
            min=0,
        ),
    ] = None


@flag_group
class WaitingFlags(MaxWaitFlags):
    """Flags for jobs, and for the end of a run."""

    theme: ClassVar[str] = WAITING

    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Submit the jobs only; the next run follows them."),
    ] = False
    max_duration: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Seconds after which no new batch is sent.", min=0),
    ] = None
    wait_for_quota: Annotated[
        bool,
        typer.Option("--wait-for-quota", help="Sleep until the daily quota is available again."),
    ] = False
    webhook: Annotated[
        str | None,
        typer.Option(metavar="URL", help="URL that the server notifies when a job has ended."),
    ] = None
    context: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="JSON object that the notification repeats; at most 8192 bytes."
        ),
    ] = None


@flag_group
class OutputFileFlags:
    """Flags for files that a run writes at its end."""

    theme: ClassVar[str] = OUTPUT

    metrics_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write an OpenMetrics text file when the run ends, for the textfile collector of"
            " node_exporter.",
        ),
    ] = None
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="PATH",
            help="Write the HTML report when the run ends: a file, or a folder for one each run.",
        ),
    ] = None


@command_flags
class ImportFlags(
    OutputFileFlags,
    LogFlags,
    JsonFlags,
    WaitingFlags,
    VolumeFlags,
    ImportLedgerFlags,
    SelectionFlags,
    IdentityFlags,
    ServerFlags,
    ManifestFlags,
):
    """The flags of an import; subclasses add those of single kinds."""

    random_ids: bool = False
    listen: str | None = None
    public_url: str | None = None
    transfers: int | None = None
    workers: str | None = None
    verify: str | None = None
    reprobe: bool = False
    allow_private_sources: bool = False
    limit_bandwidth: str | None = None


@command_flags
class JobImportFlags(ImportFlags):
    """The flags of an import that the server executes in jobs."""

    theme: ClassVar[str] = WAITING

    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Receive the server's notifications at this address, so that a job is requested as"
            " soon as it has ended; port 0 selects a free port.",
        ),
    ] = None
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="URL at which the server reaches --listen. [default: http://HOST:PORT]",
        ),
    ] = None
