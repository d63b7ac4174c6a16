"""The options that commands share, with their environment variables, and their values as one type.

Every option is `None` (or False) when it was not given, so that header, profile and default can
follow in `config`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

Manifest = Annotated[
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
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="Format of the manifest where its name does not tell it: jsonl, ndjson, yaml, yml,"
        " json, csv or tsv.",
    ),
]
AllowOutsideSource = Annotated[
    bool,
    typer.Option(
        "--allow-outside-source",
        help="Allow a `source` outside the folder of the manifest.",
    ),
]
OnExisting = Annotated[
    str | None,
    typer.Option(
        metavar="WORD",
        help="What to do with items the server has already: skip, patch or fail. [default: skip]",
    ),
]
RandomIds = Annotated[bool, typer.Option("--random-ids", help="Let the server choose media ids.")]
Server = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Base URL of the Livingdocs server.",
        envvar=["LD_IMPORT_SERVER", "LI_HOST"],
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH", help="File with the token (otherwise LD_IMPORT_TOKEN or LI_TOKEN)."
    ),
]
TokenCommand = Annotated[
    str | None,
    typer.Option(
        metavar="CMD", help="Command that prints the token, such as a password manager's."
    ),
]
ApiVersion = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION", help="API version. [default: 2026-05]", envvar="LD_IMPORT_API_VERSION"
    ),
]
AllowHttp = Annotated[
    bool, typer.Option("--allow-http", help="Allow http to a host other than this machine.")
]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Do not check the server's certificate.")
]
CaFile = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Certificate authority of the server.")
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Profile of ld-import.yaml to use.", envvar="LD_IMPORT_PROFILE"
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Configuration. [default: ld-import.yaml in the working directory]",
        envvar="LD_IMPORT_CONFIG",
    ),
]
LedgerPath = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="PATH",
        help="Ledger. [default: .ld-import/ledger.sqlite3 beside the manifest]",
        envvar="LD_IMPORT_LEDGER",
    ),
]
LedgerHere = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="PATH",
        help="Ledger. [default: .ld-import/ledger.sqlite3 here]",
        envvar="LD_IMPORT_LEDGER",
    ),
]
SystemName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Name of the legacy system, constant for ever. [default: the manifest's]",
        envvar="LD_IMPORT_SYSTEM_NAME",
    ),
]
ExternalId = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE",
        help="Jinja template of the externalId. [default: the manifest's, else the record's"
        " externalId, else its id]",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Decide and show; send and write nothing.")
]
BatchSize = Annotated[
    int | None, typer.Option(metavar="N", help="Items in a request, at most. [default: 100]", min=1)
]
BatchBytes = Annotated[
    int | None,
    typer.Option(metavar="N", help="Bytes in a request, at most. [default: 480000]", min=1000),
]
Parallel = Annotated[
    int | None, typer.Option(metavar="N", help="Batches in flight. [default: 2]", min=1)
]
MaxRate = Annotated[
    float | None, typer.Option(metavar="N", help="Requests a second, at most.", min=0.001)
]
Limit = Annotated[int | None, typer.Option(metavar="N", help="Send at most so many items.", min=0)]
Only = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Send only this externalId; may be repeated.")
]
OnlyFile = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Send only the externalIds in this file, one a line."),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Send items whose last attempt failed, too.")
]
Force = Annotated[bool, typer.Option("--force", help="Send unchanged items, too.")]
Webhook = Annotated[
    str | None, typer.Option(metavar="URL", help="URL the server notifies when a job is done.")
]
Context = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="JSON object passed to the webhook, at most 8192 bytes."),
]
Listen = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Receive the server's notifications here, so that a job is asked for when it is"
        " done; port 0 takes a free one.",
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="URL by which the server reaches --listen. [default: http://HOST:PORT]",
    ),
]
MetricsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Write an OpenMetrics text file at the end of the run, for node_exporter's textfile"
        " collector.",
    ),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Submit, and leave following the jobs to the next run.")
]
MaxWait = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Seconds until a job is overdue; it stays open. [default: 3600]",
        min=0,
    ),
]
MaxDuration = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Seconds after which no new batch is taken.", min=0),
]
WaitForQuota = Annotated[
    bool, typer.Option("--wait-for-quota", help="Sleep until the daily allowance returns.")
]
DailyLimit = Annotated[
    int | None, typer.Option(metavar="N", help="Send at most so many items in 24 hours.", min=1)
]
AcceptNewIds = Annotated[
    bool,
    typer.Option("--accept-new-ids", help="Go on although ids differ from those imported before."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
LogFormat = Annotated[
    str | None,
    typer.Option(metavar="FORMAT", help="text or json, on standard error. [default: text]"),
]
LogLevel = Annotated[
    str | None, typer.Option(metavar="LEVEL", help="debug, info, warning or error. [default: info]")
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Write the log to this file, too, in the same format; renewed at 10 MB, the last five"
        " are kept.",
    ),
]
KindName = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="Kind of import, such as videos.")
]
RowLimit = Annotated[
    int, typer.Option("--limit", metavar="N", help="Rows at most; 0 shows all.", min=0)
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state", metavar="STATE", help="Only this state (success, skipped, failed, invalid, …)."
    ),
]
ServerFilter = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Only items on this server.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Every job and every retry.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a server, as given by flags and environment."""

    server: str | None = None
    token_file: Path | None = None
    token_command: str | None = None
    api_version: str | None = None
    allow_http: bool = False
    insecure: bool = False
    ca_file: Path | None = None
    profile: str | None = None
    config: Path | None = None
    ledger: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """What is shown while a command works, as given by flags."""

    log_format: str | None = None
    log_level: str | None = None
    quiet: bool = False
    verbose: bool = False
    log_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What one of the import commands was asked, as given by flags and environment."""

    manifest: Path | None = None
    format_name: str | None = None
    allow_outside_source: bool = False
    system_name: str | None = None
    external_id: str | None = None
    dry_run: bool = False
    batch_size: int | None = None
    batch_bytes: int | None = None
    parallel: int | None = None
    max_rate: float | None = None
    limit: int | None = None
    only: tuple[str, ...] = ()
    only_file: Path | None = None
    retry_failed: bool = False
    force: bool = False
    on_existing: str | None = None
    random_ids: bool = False
    webhook: str | None = None
    context: str | None = None
    listen: str | None = None
    public_url: str | None = None
    no_wait: bool = False
    max_wait: float | None = None
    max_duration: float | None = None
    wait_for_quota: bool = False
    daily_limit: int | None = None
    accept_new_ids: bool = False
    metrics_file: Path | None = None
    json: bool = False
