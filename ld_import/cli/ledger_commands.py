"""`ld-import ledger …` as Typer sees it: the questions and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ld_import.cli import options as o


def add_ledger_commands(app: typer.Typer) -> None:
    """Give `ld-import ledger` its questions."""
    for question in (runs, jobs, items, show, export):
        app.command(question.__name__)(question)


def runs(
    ledger: o.LedgerHere = None,
    profile: o.Profile = None,
    config: o.Config = None,
    limit: o.RowLimit = 20,
    json: o.Json = False,
) -> None:
    """List the latest runs, newest first."""
    from ld_import.cli.ledger import show_runs

    show_runs(_at(ledger, profile, config), limit=limit, is_json=json)


def jobs(
    ledger: o.LedgerHere = None,
    profile: o.Profile = None,
    config: o.Config = None,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Only those of this run.")
    ] = None,
    limit: o.RowLimit = 20,
    json: o.Json = False,
) -> None:
    """List the latest import jobs, newest first."""
    from ld_import.cli.ledger import show_jobs

    show_jobs(_at(ledger, profile, config), run_id=run_id, limit=limit, is_json=json)


def items(
    ledger: o.LedgerHere = None,
    profile: o.Profile = None,
    config: o.Config = None,
    state: o.States = None,
    server: o.ServerFilter = None,
    limit: o.RowLimit = 100,
    json: o.Json = False,
) -> None:
    """List items with their state and reason."""
    from ld_import.cli.ledger import show_items

    show_items(_at(ledger, profile, config, server), states=state or (), limit=limit, is_json=json)


def show(
    external_id: Annotated[
        str, typer.Argument(metavar="EXTERNAL_ID", help="externalId of the item.")
    ],
    ledger: o.LedgerHere = None,
    profile: o.Profile = None,
    config: o.Config = None,
    json: o.Json = False,
) -> None:
    """Show one item with every attempt at it."""
    from ld_import.cli.ledger import show_item

    raise typer.Exit(show_item(_at(ledger, profile, config), external_id, is_json=json))


def export(
    ledger: o.LedgerHere = None,
    profile: o.Profile = None,
    config: o.Config = None,
    format_name: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="jsonl or csv.")
    ] = "jsonl",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="File. [default: standard output]"),
    ] = None,
    state: o.States = None,
    server: o.ServerFilter = None,
) -> None:
    """Write all items: the map from legacy id and URL to mediaId."""
    from ld_import.cli.ledger import write_export

    write_export(
        _at(ledger, profile, config, server),
        format_name=format_name,
        output=output,
        states=state or (),
    )


def _at(
    ledger: Path | None, profile: str | None, config: Path | None, server: str | None = None
) -> o.Connection:
    return o.Connection(ledger=ledger, profile=profile, config=config, server=server)
