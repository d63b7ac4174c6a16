"""The program's door: which commands there are, and what an error becomes on its way out.

A command's rooms are imported when it runs, so that `--help` and `--version` stay quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ld_import import __version__
from ld_import.cli import options as o
from ld_import.cli.show import error_lines, out
from ld_import.errors import LdImportError

EXIT_CODES = (
    "Exit codes: 0 done, 1 a bug, 2 usage, 3 some lines failed or invalid, 4 manifest unreadable,"
    " 5 access refused, 6 request refused, 7 quota reached, 8 server unavailable, 9 ledger"
    " unusable, 10 ledger held by another run, 130/143 interrupted. After 7, 8, 130 and 143 the"
    " same command continues."
)
SHOW_TRACEBACK = "LD_IMPORT_TRACEBACK"

app = typer.Typer(
    name="ld-import",
    help="Move legacy media into the Livingdocs CMS; run it again and it finishes the work.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ledger_app = typer.Typer(
    help="Read the memory of all imports; changes nothing.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(ledger_app, name="ledger")


def run() -> None:
    """Run the program with the arguments of the process, and exit."""
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; no traceback reaches the user."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="ld-import")
    except SystemExit as leaving:
        # Typer makes 1 of a reader that went away (`| head`), which would mean a bug here.
        if isinstance(leaving.__context__, BrokenPipeError):
            return _flushed(0)
        return _flushed(leaving.code if isinstance(leaving.code, int) else 0)
    except LdImportError as error:
        error_lines(str(error), error.hint)
        return _flushed(error.exit_code)
    except BrokenPipeError:
        return _flushed(0)
    except Exception as error:  # the door: nothing may pass it as a traceback
        if os.environ.get(SHOW_TRACEBACK):
            raise
        error_lines(
            f"unexpected {type(error).__name__}: {error}",
            f"this is a bug; set {SHOW_TRACEBACK}=1 to see where, and report it",
        )
        return _flushed(LdImportError.exit_code)
    return _flushed(0)


def _flushed(code: int) -> int:
    """Flush the output; a reader that went away early (`| head`) does no harm."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        out(f"ld-import {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


def _import_command(kind: str) -> Callable[..., None]:
    def command(
        manifest: o.Manifest = None,
        server: o.Server = None,
        token_file: o.TokenFile = None,
        token_command: o.TokenCommand = None,
        api_version: o.ApiVersion = None,
        system_name: o.SystemName = None,
        external_id: o.ExternalId = None,
        ledger: o.LedgerPath = None,
        profile: o.Profile = None,
        config: o.Config = None,
        dry_run: o.DryRun = False,
        batch_size: o.BatchSize = None,
        batch_bytes: o.BatchBytes = None,
        parallel: o.Parallel = None,
        max_rate: o.MaxRate = None,
        limit: o.Limit = None,
        only: o.Only = None,
        only_file: o.OnlyFile = None,
        retry_failed: o.RetryFailed = False,
        force: o.Force = False,
        accept_new_ids: o.AcceptNewIds = False,
        webhook: o.Webhook = None,
        context: o.Context = None,
        no_wait: o.NoWait = False,
        max_wait: o.MaxWait = None,
        max_duration: o.MaxDuration = None,
        wait_for_quota: o.WaitForQuota = False,
        daily_limit: o.DailyLimit = None,
        json: o.Json = False,
        log_format: o.LogFormat = None,
        log_level: o.LogLevel = None,
        quiet: o.Quiet = False,
        verbose: o.Verbose = False,
        allow_http: o.AllowHttp = False,
        insecure: o.Insecure = False,
        ca_file: o.CaFile = None,
    ) -> None:
        from ld_import.cli.imports import import_media

        code = import_media(
            kind,
            o.ImportOptions(
                manifest=manifest,
                system_name=system_name,
                external_id=external_id,
                dry_run=dry_run,
                batch_size=batch_size,
                batch_bytes=batch_bytes,
                parallel=parallel,
                max_rate=max_rate,
                limit=limit,
                only=tuple(only or ()),
                only_file=only_file,
                retry_failed=retry_failed,
                force=force,
                webhook=webhook,
                context=context,
                no_wait=no_wait,
                max_wait=max_wait,
                max_duration=max_duration,
                wait_for_quota=wait_for_quota,
                daily_limit=daily_limit,
                accept_new_ids=accept_new_ids,
                json=json,
            ),
            o.Connection(
                server=server,
                token_file=token_file,
                token_command=token_command,
                api_version=api_version,
                allow_http=allow_http,
                insecure=insecure,
                ca_file=ca_file,
                profile=profile,
                config=config,
                ledger=ledger,
            ),
            o.Logging(log_format=log_format, log_level=log_level, quiet=quiet, verbose=verbose),
        )
        raise typer.Exit(code)

    return command


app.command("videos", help="Import videos: the server fetches each by its URL.")(
    _import_command("videos")
)


@app.command("status")
def _status(
    job_id: Annotated[str, typer.Argument(metavar="JOB_ID", help="Id of the import job.")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the job to its end and record it.")
    ] = False,
    kind: o.KindName = None,
    server: o.Server = None,
    token_file: o.TokenFile = None,
    token_command: o.TokenCommand = None,
    api_version: o.ApiVersion = None,
    ledger: o.LedgerHere = None,
    profile: o.Profile = None,
    config: o.Config = None,
    max_wait: o.MaxWait = None,
    json: o.Json = False,
    allow_http: o.AllowHttp = False,
    insecure: o.Insecure = False,
    ca_file: o.CaFile = None,
) -> None:
    """Show an import job: the server's answer, and our items of it."""
    from ld_import.cli.status import show_status

    connection = o.Connection(
        server=server,
        token_file=token_file,
        token_command=token_command,
        api_version=api_version,
        allow_http=allow_http,
        insecure=insecure,
        ca_file=ca_file,
        profile=profile,
        config=config,
        ledger=ledger,
    )
    code = show_status(
        job_id, connection, kind=kind, is_watching=watch, max_wait=max_wait, is_json=json
    )
    raise typer.Exit(code)


@app.command("validate")
def _validate(
    manifest: o.Manifest = None,
    kind: o.KindName = None,
    system_name: o.SystemName = None,
    external_id: o.ExternalId = None,
    config: o.Config = None,
    batch_bytes: o.BatchBytes = None,
    json: o.Json = False,
) -> None:
    """Show every problem of a whole manifest at once; no network, no ledger."""
    from ld_import.cli.validate import validate

    options = o.ImportOptions(
        manifest=manifest,
        system_name=system_name,
        external_id=external_id,
        batch_bytes=batch_bytes,
        json=json,
    )
    raise typer.Exit(validate(kind, options, o.Connection(config=config)))


@ledger_app.command("runs")
def _runs(ledger: o.LedgerHere = None, limit: o.RowLimit = 20, json: o.Json = False) -> None:
    """List the latest runs, newest first."""
    from ld_import.cli.ledger import show_runs

    show_runs(ledger, limit=limit, is_json=json)


@ledger_app.command("jobs")
def _jobs(
    ledger: o.LedgerHere = None,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Only those of this run.")
    ] = None,
    limit: o.RowLimit = 20,
    json: o.Json = False,
) -> None:
    """List the latest import jobs, newest first."""
    from ld_import.cli.ledger import show_jobs

    show_jobs(ledger, run_id=run_id, limit=limit, is_json=json)


@ledger_app.command("items")
def _items(
    ledger: o.LedgerHere = None,
    state: o.States = None,
    limit: o.RowLimit = 100,
    json: o.Json = False,
) -> None:
    """List items with their state and reason."""
    from ld_import.cli.ledger import show_items

    show_items(ledger, states=state or (), limit=limit, is_json=json)


@ledger_app.command("show")
def _show(
    external_id: Annotated[
        str, typer.Argument(metavar="EXTERNAL_ID", help="externalId of the item.")
    ],
    ledger: o.LedgerHere = None,
    json: o.Json = False,
) -> None:
    """Show one item with every attempt at it."""
    from ld_import.cli.ledger import show_item

    raise typer.Exit(show_item(ledger, external_id, is_json=json))


@ledger_app.command("export")
def _export(
    ledger: o.LedgerHere = None,
    format_name: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="jsonl or csv.")
    ] = "jsonl",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="File. [default: standard output]"),
    ] = None,
    state: o.States = None,
) -> None:
    """Write all items: the map from legacy id and URL to mediaId."""
    from ld_import.cli.ledger import export

    export(ledger, format_name=format_name, output=output, states=state or ())


@app.command("emulator")
def _emulator(
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="Port; 0 takes a free one.")] = 9090,
    store: Annotated[
        Path | None, typer.Option(metavar="PATH", help="SQLite file to keep. [default: memory]")
    ] = None,
    token: Annotated[
        list[str] | None,
        typer.Option(metavar="TOKEN", help="Token to accept. [default: demo-token]"),
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(metavar="PATH", help="JSON list of faults, a script of trouble.")
    ] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Switch NAME=VALUE; --switches lists them."
        ),
    ] = None,
    switches: Annotated[bool, typer.Option("--switches", help="List the switches.")] = False,
) -> None:
    """Run a local Livingdocs server for rehearsals; stop it with Ctrl-C."""
    from ld_import.cli.emulator import list_switches, run_emulator

    if switches:
        list_switches()
        return
    run_emulator(
        host=host,
        port=port,
        store=store,
        tokens=token or ["demo-token"],
        faults_path=faults,
        switches=switch or [],
    )


@app.command("demo")
def _demo(
    manifest: Annotated[
        Path | None,
        typer.Argument(metavar="MANIFEST", help="Manifest of videos. [default: built-in samples]"),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for ledger and server; kept afterwards."),
    ] = None,
) -> None:
    """Import samples into a local server, twice; needs no configuration."""
    from ld_import.cli.demo import demo

    raise typer.Exit(demo(manifest, keep))
