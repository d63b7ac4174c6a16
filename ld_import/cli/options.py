"""Flags, each declared once: a dataclass field with its `Annotated` metadata.

A command takes a dataclass of flags; `command_of` generates the signature that Typer reads. A flag
is `None` (or False) when it was not given, so that header, profile and default can follow.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

F = TypeVar("F")


def command_of(flags: type[F], run: Callable[[F], int]) -> Callable[..., None]:
    """Return a function for Typer that takes these flags and exits with the code of `run`.

    A field without Typer metadata is not a flag; it keeps its default.
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
    """Return flags of another command, with the values that both have in common."""
    names = {field.name for field in fields(into)}  # type: ignore[arg-type]
    common = [field.name for field in fields(flags) if field.name in names]
    return into(**{name: getattr(flags, name) for name in common})


@dataclass(frozen=True, kw_only=True)
class ManifestFlags:
    """The manifest."""

    manifest: Annotated[
        Path | None,
        typer.Argument(
            metavar="MANIFEST",
            # Whether it can be read is found out, and told, by reading it.
            readable=False,
            help="Manifest: .yaml, .jsonl, .json, .csv or .tsv, may be .gz; - reads standard input."
            " Left out: the one of ld-import.yaml, else the one file named like the command, else"
            " manifest.…",
            show_default=False,
        ),
    ] = None
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Format of the manifest where its name does not tell it: jsonl, ndjson, yaml, yml,"
            " json, csv or tsv.",
        ),
    ] = None
    allow_outside_source: Annotated[
        bool,
        typer.Option(
            "--allow-outside-source",
            help="Allow a `source` outside the folder of the manifest.",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class IdentityFlags:
    """The identity of items."""

    system_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the legacy system, constant for ever. [default: the manifest's]",
            envvar="LD_IMPORT_SYSTEM_NAME",
        ),
    ] = None
    external_id: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Jinja template of the externalId. [default: the manifest's, else the record's"
            " externalId, else its id]",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ConfigFlags:
    """The configuration file."""

    config: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Configuration. [default: ld-import.yaml in the working directory]",
            envvar="LD_IMPORT_CONFIG",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ProfileFlags(ConfigFlags):
    """The configuration file and the profile in it."""

    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Profile of ld-import.yaml to use.", envvar="LD_IMPORT_PROFILE"
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class LedgerFlags(ProfileFlags):
    """The ledger."""

    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="PATH",
            help="Ledger. [default: .ld-import/ledger.sqlite3 here]",
            envvar="LD_IMPORT_LEDGER",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ServerFlags:
    """The server, and how to reach it."""

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
            metavar="PATH", help="File with the token (otherwise LD_IMPORT_TOKEN or LI_TOKEN)."
        ),
    ] = None
    token_command: Annotated[
        str | None,
        typer.Option(
            metavar="CMD", help="Command that prints the token, such as a password manager's."
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
        Path | None, typer.Option(metavar="PATH", help="Certificate authority of the server.")
    ] = None


@dataclass(frozen=True, kw_only=True)
class BatchBytesFlags:
    """The size of requests."""

    batch_bytes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Bytes in a request, at most. [default: 480000]", min=1000),
    ] = None


@dataclass(frozen=True, kw_only=True)
class MaxWaitFlags:
    """The longest wait for a job."""

    max_wait: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Seconds until a job is overdue; it stays open. [default: 3600]",
            min=0,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class JsonFlags:
    """The form of the result."""

    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = (
        False
    )


@dataclass(frozen=True, kw_only=True)
class KindFlags:
    """The kind, where the command is not named after it."""

    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Kind of import, such as videos.")
    ] = None


@dataclass(frozen=True, kw_only=True)
class LogFlags:
    """The log."""

    log_format: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="text or json, on standard error. [default: text]"),
    ] = None
    log_level: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="debug, info, warning or error. [default: info]"),
    ] = None
    log_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write the log to this file, too, in the same format; renewed at 10 MB, the"
            " last five are kept.",
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Every job and every retry.")] = (
        False
    )


@dataclass(frozen=True, kw_only=True)
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
    """The flags of an import; the kinds declare those that only they have."""

    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            metavar="PATH",
            help="Ledger. [default: .ld-import/ledger.sqlite3 beside the manifest]",
            envvar="LD_IMPORT_LEDGER",
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Decide and show; send and write nothing.")
    ] = False
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Items in a request, at most. [default: 100]", min=1),
    ] = None
    parallel: Annotated[
        int | None, typer.Option(metavar="N", help="Batches in flight. [default: 2]", min=1)
    ] = None
    max_rate: Annotated[
        float | None, typer.Option(metavar="N", help="Requests a second, at most.", min=0.001)
    ] = None
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Send at most so many items.", min=0)
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Send only this externalId; may be repeated."),
    ] = None
    only_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Send only the externalIds in this file, one a line."),
    ] = None
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Send items whose last attempt failed, too.")
    ] = False
    force: Annotated[bool, typer.Option("--force", help="Send unchanged items, too.")] = False
    on_existing: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="What to do with items the server has already: skip, patch or fail."
            " [default: skip]",
        ),
    ] = None
    accept_new_ids: Annotated[
        bool,
        typer.Option(
            "--accept-new-ids", help="Go on although ids differ from those imported before."
        ),
    ] = False
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="URL the server notifies when a job is done.")
    ] = None
    context: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="JSON object passed to the webhook, at most 8192 bytes."),
    ] = None
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Submit, and leave following the jobs to the next run."),
    ] = False
    max_duration: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Seconds after which no new batch is taken.", min=0),
    ] = None
    wait_for_quota: Annotated[
        bool, typer.Option("--wait-for-quota", help="Sleep until the daily allowance returns.")
    ] = False
    daily_limit: Annotated[
        int | None, typer.Option(metavar="N", help="Send at most so many items in 24 hours.", min=1)
    ] = None
    metrics_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write an OpenMetrics text file at the end of the run, for node_exporter's"
            " textfile collector.",
        ),
    ] = None
    random_ids: bool = False
    listen: str | None = None
    public_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobImportFlags(ImportFlags):
    """The flags of an import that the server does in jobs."""

    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Receive the server's notifications here, so that a job is asked for when it is"
            " done; port 0 takes a free one.",
        ),
    ] = None
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="URL by which the server reaches --listen. [default: http://HOST:PORT]",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class LibraryImportFlags(ImportFlags):
    """The flags of an import into the media library."""

    random_ids: Annotated[
        bool, typer.Option("--random-ids", help="Let the server choose media ids.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class RowFlags(JsonFlags):
    """The rows of a list."""

    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="Rows at most; 0 shows all.", min=0)
    ] = 20


@dataclass(frozen=True, kw_only=True)
class ItemFilterFlags:
    """A choice of items."""

    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only this state (success, skipped, failed, invalid, …).",
        ),
    ] = None
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="Only items on this server.")
    ] = None
