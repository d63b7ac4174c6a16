"""`ld-import ledger runs`."""

from __future__ import annotations

import orjson

from ld_import.cli.commands.ledger.reading import print_rows, reading
from ld_import.cli.options import RowFlags, TargetFlags, command_flags, command_of

RUN_COLUMNS = ("run", "kind", "systemName", "server", "startedAt", "endedAt", "exitCode")


@command_flags
class RunsFlags(RowFlags, TargetFlags):
    """The flags of `ledger runs`."""


def show_runs(flags: RunsFlags) -> int:
    """List the latest runs."""
    with reading(flags) as (reader, target):
        rows = reader.runs(limit=flags.limit or -1, of=target)
    for row in rows:
        row["summary"] = orjson.loads(row["summary"]) if row["summary"] else None
    print_rows(RUN_COLUMNS, rows, is_json=flags.json)
    return 0


command = command_of(RunsFlags, show_runs)
