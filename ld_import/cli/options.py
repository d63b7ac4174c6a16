"""Flags, each declared once: a dataclass field with its `Annotated` metadata.

A command has a dataclass of flags, from which `command_of` generates the signature that Typer
reads. A flag that is not given is `None` or False, so that header, profile and default can apply.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform, get_type_hints

import typer

from ld_import.suffixes import FORMAT_NAMES, SUFFIXES, listed

F = TypeVar("F")


# Immutable for type checkers only: to create 17 frozen dataclasses with `repr` and `==` takes 6 ms
# longer, at the start of every command.
@dataclass_transform(kw_only_default=True, frozen_default=True)
def command_flags(cls: type[F]) -> type[F]:
    """Declare the flags of a command: a dataclass, whose fields are keyword arguments."""
    return dataclass(kw_only=True, repr=False, eq=False)(cls)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def flag_group(cls: type[F]) -> type[F]:
    """Declare flags that several commands share; a base class for `command_flags`."""
    return dataclass(kw_only=True, repr=False, eq=False, init=False)(cls)


def command_of(flags: type[F], run: Callable[[F], int]) -> Callable[..., None]:
    """Return a function for Typer that has these flags and exits with the code returned by `run`.

    A field without Typer metadata is not a flag and keeps its default.
    """

    def command(**values: Any) -> None:
        raise typer.Exit(run(flags(**values)))

    command.__signature__ = inspect.Signature(_parameters(flags))  # type: ignore[attr-defined]
    return command


def _parameters(flags: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(flags, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(flags)
        if hasattr(hints[field.name], "__metadata__")
    ]


def copy_flags(flags: Any, into: type[F]) -> F:
    """Return the flags of another command, with the values of the flags that both have."""
    names = {field.name for field in fields(into)}  # type: ignore[arg-type]
    common = [field.name for field in fields(flags) if field.name in names]
    return into(**{name: getattr(flags, name) for name in common})


@flag_group
class ManifestFlags:
    """Flags for the manifest."""

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
            help="Allow a `source` outside the folder of the manifest.",
        ),
    ] = False


@flag_group
class IdentityFlags:
    """Flags for the identity of items."""

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
class ConfigFlags:
    """The flag for the configuration file."""

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

    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Profile in ld-import.yaml to use.", envvar="LD_IMPORT_PROFILE"
        ),
    ] = None


@flag_group
class LedgerFlags(ProfileFlags):
    """Flags for the ledger."""

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


@flag_group
class BatchBytesFlags:
    """The flag for the size of requests."""

    batch_bytes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Maximum bytes in a request. [default: 480000]", min=1000),
    ] = None


@flag_group
class MaxWaitFlags:
    """The flag for the time to wait for a job."""

    max_wait: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Seconds until a job is overdue; it stays open. [default: 3600]",
            min=0,
        ),
    ] = None


@flag_group
class ProjectCheckFlags(ServerFlags, ProfileFlags):
    """Flags for a check against the project of a server."""

    check_project: Annotated[
        bool,
        typer.Option(
            "--check-project",
            help="Also check all records against the project of the server; one request is made.",
        ),
    ] = False


@flag_group
class JsonFlags:
    """The flag for the format of the result."""

    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document to standard output.")
    ] = False


@flag_group
class FindingFlags(JsonFlags):
    """Flags for the output of findings."""

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


@flag_group
class UrlCheckFlags:
    """Flags for the check of the URLs in a manifest."""

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


@flag_group
class KindFlags:
    """The flag for the kind, in commands that are not named after one."""

    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Kind of import, such as videos.")
    ] = None


@command_flags
class LogFlags:
    """Flags for the log."""

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


@command_flags
class ImportFlags(
    LogFlags,
    JsonFlags,
    MaxWaitFlags,
    BatchBytesFlags,
    LedgerFlags,
    IdentityFlags,
    ServerFlags,
    ManifestFlags,
):
    """The flags of an import; subclasses add those of single kinds."""

    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="PATH",
            help="Ledger file. [default: .ld-import/ledger.sqlite3 beside the manifest]",
            envvar="LD_IMPORT_LEDGER",
        ),
    ] = None
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", "-n", help="Show what would be sent; send and write nothing."),
    ] = False
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Maximum items in a request. [default: 100]", min=1),
    ] = None
    parallel: Annotated[
        int | None, typer.Option(metavar="N", help="Batches in flight. [default: 2]", min=1)
    ] = None
    max_rate: Annotated[
        float | None, typer.Option(metavar="N", help="Maximum requests per second.", min=0.001)
    ] = None
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Maximum number of items to send.", min=0)
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Send only this externalId; may be repeated."),
    ] = None
    only_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Send only the externalIds in this file, one per line."),
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
    max_failures: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop if the first N outcomes are all failures; 0 never stops. [default: 300]",
            min=0,
        ),
    ] = None
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
    daily_limit: Annotated[
        int | None,
        typer.Option(metavar="N", help="Maximum number of items to send in 24 hours.", min=1),
    ] = None
    metrics_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write an OpenMetrics text file when the run ends, for the textfile collector of"
            " node_exporter.",
        ),
    ] = None
    random_ids: bool = False
    listen: str | None = None
    public_url: str | None = None


@command_flags
class JobImportFlags(ImportFlags):
    """The flags of an import that the server executes in jobs."""

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


@command_flags
class LibraryImportFlags(ImportFlags):
    """The flags of an import into the media library."""

    random_ids: Annotated[
        bool, typer.Option("--random-ids", help="Let the server choose media ids.")
    ] = False


@flag_group
class RowFlags(JsonFlags):
    """Flags of a list of rows."""

    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", help="Maximum number of rows; 0 shows all.", min=0),
    ] = 20


@flag_group
class TargetFlags(LedgerFlags):
    """Flags that choose one target of a ledger: one kind on one server."""

    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="Only the imports into this server. [default: the one in ld-import.yaml, else the"
            " only one]",
            envvar=["LD_IMPORT_SERVER", "LI_HOST"],
        ),
    ] = None
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="NAME", help="Only this project of the server."),
    ] = None
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only this kind: videos, images, files or media-library. [default: the only one]",
        ),
    ] = None
    system_name: Annotated[
        str | None,
        typer.Option("--system-name", metavar="NAME", help="Only items with this systemName."),
    ] = None
    all_targets: Annotated[
        bool,
        typer.Option(
            "--all-targets", help="Show every server and project, and every kind without --kind."
        ),
    ] = False


@flag_group
class ItemFilterFlags:
    """Flags that select items."""

    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only items in this state (success, skipped, failed, invalid, …); may be"
            " repeated.",
        ),
    ] = None
