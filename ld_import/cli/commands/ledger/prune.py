"""`ld-import ledger prune`: remove history that no item needs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ld_import.cli.commands.ledger.changing import ConfirmFlags, check_confirmed, ledger_to_change
from ld_import.cli.options import JsonFlags, LedgerFlags, command_flags, command_of
from ld_import.cli.output.console import counts, json_out, print_err, print_out
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from ld_import.ledger.pruning import Pruned


@command_flags
class PruneFlags(ConfirmFlags, JsonFlags, LedgerFlags):
    """The flags of `ledger prune`."""

    before: Annotated[
        str,
        typer.Option(
            "--before", metavar="DATE", help="Remove older history: 2026-01-31, begins in UTC."
        ),
    ]


def prune_history(flags: PruneFlags) -> int:
    """Remove attempts, requests, runs and invalid records from before a date."""
    from ld_import.cli.config.file import find_config
    from ld_import.clock import SystemClock
    from ld_import.ledger.pruning import prune

    check_confirmed(flags)
    before = _moment(flags.before)
    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    path = ledger_to_change(flags, profile, config)
    result = prune(path, before, now=SystemClock().now(), is_dry_run=flags.dry_run)
    if result.before < before:
        print_err(
            f"warning: history is removed before {result.before:%Y-%m-%d %H:%M} UTC only: the last"
            " 24 hours count for the quota"
        )
    if flags.json:
        json_out(
            {
                "dryRun": flags.dry_run,
                "before": f"{result.before:%Y-%m-%dT%H:%M:%SZ}",
                "attempts": result.attempts,
                "requests": result.batches,
                "runs": result.runs,
                "invalid": result.invalid,
                "bytesBefore": result.bytes_before,
                "bytesAfter": result.bytes_after,
            }
        )
    else:
        _print(result, is_dry_run=flags.dry_run)
    return 0


command = command_of(PruneFlags, prune_history)


def _moment(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--before {text!r} is not a date", hint="write it like --before 2026-01-31"
        ) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _print(result: Pruned, *, is_dry_run: bool) -> None:
    would = "would be removed" if is_dry_run else "removed"
    counts(
        f"history before {result.before:%Y-%m-%d %H:%M} UTC {would}; every item stays",
        [
            ("earlier attempts of items", result.attempts),
            ("requests", result.batches),
            ("runs", result.runs),
            ("invalid records", result.invalid),
        ],
    )
    freed = result.bytes_before - result.bytes_after
    least = "at least " if is_dry_run else ""
    print_out(f"{least}{freed:,} of {result.bytes_before:,} bytes freed")
