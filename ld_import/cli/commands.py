"""The commands as Typer sees them: their arguments and options, and where their work is done.

Loaded when one of them is called; the rooms of a command are imported when it runs, so that its
`--help` stays quick.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from ld_import.cli import options as o
from ld_import.cli.later import IMPORTS, MEDIA_LIBRARY


@cache
def command_named(name: str, what: str) -> Any:
    """Return a command as Typer makes it, with this sentence as its help."""
    app = typer.Typer(help=what, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    if name == "ledger":
        from ld_import.cli.ledger_commands import add_ledger_commands

        add_ledger_commands(app)
    else:
        function = import_command(name) if name in IMPORTS else COMMANDS[name]
        app.command(name, help=what)(function)
    return get_command(app)


def import_command(kind: str) -> Callable[..., None]:
    """Return the command that imports one kind; all of them have nearly the same options."""

    def command(
        manifest: o.Manifest = None,
        format_name: o.Format = None,
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
        on_existing: o.OnExisting = None,
        random_ids: o.RandomIds = False,
        accept_new_ids: o.AcceptNewIds = False,
        webhook: o.Webhook = None,
        context: o.Context = None,
        listen: o.Listen = None,
        public_url: o.PublicUrl = None,
        no_wait: o.NoWait = False,
        max_wait: o.MaxWait = None,
        max_duration: o.MaxDuration = None,
        wait_for_quota: o.WaitForQuota = False,
        daily_limit: o.DailyLimit = None,
        json: o.Json = False,
        metrics_file: o.MetricsFile = None,
        log_format: o.LogFormat = None,
        log_level: o.LogLevel = None,
        log_file: o.LogFile = None,
        quiet: o.Quiet = False,
        verbose: o.Verbose = False,
        allow_outside_source: o.AllowOutsideSource = False,
        allow_http: o.AllowHttp = False,
        insecure: o.Insecure = False,
        ca_file: o.CaFile = None,
    ) -> None:
        from ld_import.cli.imports import import_media

        code = import_media(
            kind,
            o.ImportOptions(
                manifest=manifest,
                format_name=format_name,
                allow_outside_source=allow_outside_source,
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
                on_existing=on_existing,
                random_ids=random_ids,
                webhook=webhook,
                context=context,
                listen=listen,
                public_url=public_url,
                no_wait=no_wait,
                max_wait=max_wait,
                max_duration=max_duration,
                wait_for_quota=wait_for_quota,
                daily_limit=daily_limit,
                accept_new_ids=accept_new_ids,
                metrics_file=metrics_file,
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
            o.Logging(
                log_format=log_format,
                log_level=log_level,
                quiet=quiet,
                verbose=verbose,
                log_file=log_file,
            ),
        )
        raise typer.Exit(code)

    if kind == MEDIA_LIBRARY:
        # There is no job that could be notified.
        return _without(command, "listen", "public_url")
    return _without(command, "random_ids")


def _without(command: Callable[..., None], *options: str) -> Callable[..., None]:
    """Hide options from Typer, which reads the signature; their defaults stay."""
    signature = inspect.signature(command, eval_str=True)
    kept = [one for one in signature.parameters.values() if one.name not in options]
    command.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return command


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


def _validate(
    manifest: o.Manifest = None,
    format_name: o.Format = None,
    kind: o.KindName = None,
    system_name: o.SystemName = None,
    external_id: o.ExternalId = None,
    config: o.Config = None,
    batch_bytes: o.BatchBytes = None,
    json: o.Json = False,
    allow_outside_source: o.AllowOutsideSource = False,
) -> None:
    from ld_import.cli.validate import validate_manifest

    options = o.ImportOptions(
        manifest=manifest,
        format_name=format_name,
        allow_outside_source=allow_outside_source,
        system_name=system_name,
        external_id=external_id,
        batch_bytes=batch_bytes,
        json=json,
    )
    raise typer.Exit(validate_manifest(kind, options, o.Connection(config=config)))


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
    from ld_import.cli.demo import show_demo

    raise typer.Exit(show_demo(manifest, keep))


COMMANDS: dict[str, Callable[..., None]] = {
    "validate": _validate,
    "status": _status,
    "emulator": _emulator,
    "demo": _demo,
}
