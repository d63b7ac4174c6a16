"""`ld-import ledger uploads`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any

import typer

from ld_import.cli.commands.ledger.reading import checked_states, print_rows, reading_uploads
from ld_import.cli.options import JsonFlags, TargetFlags, command_flags, command_of
from ld_import.cli.output.console import print_err
from ld_import.cli.output.csv_cells import escape_formulas
from ld_import.cli.output.export_file import text_output
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError

UPLOAD_COLUMNS = (
    "source",
    "storage",
    "key",
    "state",
    "size",
    "sha256",
    "externalId",
    "reason",
    "updatedAt",
)
UPLOAD_STATES = ("started", "stored", "failed")
# The only kind whose files this program uploads.
KIND = "media-library"
SHOWN = 100


@command_flags
class UploadsFlags(JsonFlags, TargetFlags):
    """The flags of `ledger uploads`."""

    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only files in this state (started, stored or failed); may be repeated.",
        ),
    ] = None
    csv: Annotated[
        bool, typer.Option("--csv", help="Print a CSV, in which no cell acts as a formula.")
    ] = False
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Maximum number of rows; 0 shows all. [default: 100, with --csv all]",
            min=0,
        ),
    ] = None


def show_uploads(flags: UploadsFlags) -> int:
    """List the files of items, and print the number of files in each state."""
    if flags.json and flags.csv:
        raise UsageError("--json and --csv cannot be combined", hint="omit one of them")
    states = checked_states(flags.states, UPLOAD_STATES)
    limit = flags.limit if flags.limit is not None else 0 if flags.csv else SHOWN
    with (
        reading_uploads(replace(flags, kind=flags.kind or KIND)) as (reader, target),
        # Closed before the ledger: if the pipe is closed early, an open cursor raises a warning.
        closing(reader.uploads(states=states, of=target, limit=limit or -1)) as rows,
    ):
        if flags.csv:
            _write_csv(rows)
            return 0
        listed = list(rows)
        print_rows(UPLOAD_COLUMNS, listed, is_json=flags.json)
        if not flags.json:
            _print_counts(reader.upload_counts(states=states, of=target), len(listed))
    return 0


command = command_of(UploadsFlags, show_uploads)


def _write_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    with text_output(None) as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(UPLOAD_COLUMNS)
        is_shown = stream.isatty()
        for row in rows:
            cells = [_cell(row[column]) for column in UPLOAD_COLUMNS]
            writer.writerow([sanitize(cell) for cell in cells] if is_shown else cells)


def _cell(value: Any) -> Any:
    return escape_formulas(value) if isinstance(value, str) else "" if value is None else value


def _print_counts(counts: Mapping[str, int], shown: int) -> None:
    print_err(
        ", ".join(f"{count:,} {sanitize(state)}" for state, count in counts.items()) or "none"
    )
    if more := sum(counts.values()) - shown:
        print_err(f"{more:,} more; --limit 0 shows all")
