"""`ld-import ledger jobs`."""

from __future__ import annotations

from typing import Annotated

import typer

from ld_import.cli.commands.ledger.reading import print_rows, reading
from ld_import.cli.options import RowFlags, TargetFlags, command_flags, command_of

JOB_COLUMNS = (
    "jobId",
    "state",
    "jobState",
    "items",
    "success",
    "skipped",
    "failed",
    "createdAt",
    "settledAt",
    "reason",
)


@command_flags
class JobsFlags(RowFlags, TargetFlags):
    """The flags of `ledger jobs`."""

    run_id: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Show only the jobs of this run.")
    ] = None


def show_jobs(flags: JobsFlags) -> int:
    """List the latest jobs."""
    with reading(flags) as (reader, target):
        rows = reader.jobs(limit=flags.limit or -1, run_id=flags.run_id, of=target)
        print_rows(JOB_COLUMNS, rows, is_json=flags.json)
    return 0


command = command_of(JobsFlags, show_jobs)
