"""`ld-import ledger items`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from ld_import.cli.commands.ledger.reading import (
    checked_states,
    reading_uploads,
)
from ld_import.cli.options import ItemFilterFlags, RowFlags, TargetFlags, command_flags, command_of
from ld_import.cli.output.console import json_out, print_err, table
from ld_import.cli.output.sanitize import sanitize

NAMES_OF_TARGET = ("server", "project", "kind", "systemName")
ITEM_COLUMNS = ("externalId", "state", "mediaId", "line", "jobId", "updatedAt", "reason")


@command_flags
class ItemsFlags(RowFlags, ItemFilterFlags, TargetFlags):
    """The flags of `ledger items`."""

    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", help="Maximum number of rows; 0 shows all.", min=0),
    ] = 100


def show_items(flags: ItemsFlags) -> int:
    """List items, and print the number of items in each state."""
    states = checked_states(flags.states)
    with reading_uploads(flags) as (reader, target):
        rows = reader.with_uploads(reader.items(states=states, of=target, limit=flags.limit or -1))
        if flags.json:
            json_out(rows)
        else:
            table(_item_columns(rows), [_with_state(row) for row in rows])
        counts = reader.counts(states=states, of=target)
    if not flags.json:
        shown = ", ".join(f"{count:,} {sanitize(state)}" for state, count in counts.items())
        print_err(shown or "no items")
        total = sum(counts.values())
        if total > len(rows):
            more = f"{total - len(rows):,} more"
            print_err(f"{more}; --limit 0 shows all, `ledger export` writes them")
    return 0


command = command_of(ItemsFlags, show_items)


def _item_columns(rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    # The same externalId can belong to several targets or systems; the rows then name them.
    ambiguous = [name for name in NAMES_OF_TARGET if len({row[name] for row in rows}) > 1]
    uploads = ["upload"] if any("upload" in row for row in rows) else []
    return (*ambiguous, *ITEM_COLUMNS[:2], *uploads, *ITEM_COLUMNS[2:])


def _with_state(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row that has the state of its file in place of all of its columns."""
    return {**row, "upload": row["upload"]["state"]} if "upload" in row else row
