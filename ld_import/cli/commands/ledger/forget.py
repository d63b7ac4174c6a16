"""`ld-import ledger forget`: remove items, those of a run, or a whole target from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.commands.ledger.changing import ConfirmFlags, check_confirmed, ledger_to_change
from ld_import.cli.commands.ledger.reading import reading
from ld_import.cli.options import JsonFlags, TargetFlags, command_flags, command_of
from ld_import.cli.output.console import counts, json_out, print_err
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from ld_import.ledger import LedgerReader, TargetFilter
    from ld_import.ledger.forgetting import Choice, Forgotten

SHOWN_IDS = 5


@command_flags
class ForgetFlags(ConfirmFlags, JsonFlags, TargetFlags):
    """The flags of `ledger forget`."""

    external_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="externalIds of the items.", show_default=False),
    ] = None
    run_id: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="The items that this run sent first."),
    ] = None
    everything: Annotated[
        bool, typer.Option("--all", help="All items of the target, and its history.")
    ] = False
    # One target at a time: without metadata it is not a flag.
    all_targets: bool = False


def forget_items(flags: ForgetFlags) -> int:
    """Remove items; the ledger is copied first."""
    from ld_import.cli.config.file import Config, find_config
    from ld_import.clock import SystemClock
    from ld_import.ledger.forgetting import forget

    check_confirmed(flags)
    choice = _choice(flags)
    config = Config() if flags.ledger else find_config(flags.config)
    ledger_to_change(flags, config.profile(flags.profile), config)
    path, target = _target(flags)
    result = forget(path, target, choice, now=SystemClock().now(), is_dry_run=flags.dry_run)
    if flags.json:
        json_out(_document(result, flags))
    else:
        _print(result, flags)
    if result.unknown_ids:
        shown = ", ".join(map(sanitize, result.unknown_ids[:SHOWN_IDS]))
        more = len(result.unknown_ids) - SHOWN_IDS
        print_err(f"warning: not in the ledger: {shown}{f' and {more:,} more' * (more > 0)}")
    return 0


command = command_of(ForgetFlags, forget_items)


def _choice(flags: ForgetFlags) -> Choice:
    from ld_import.ledger.forgetting import Choice

    ids: Sequence[str] = flags.external_ids or ()
    if bool(ids) + (flags.run_id is not None) + flags.everything != 1:
        raise UsageError(
            "name what to forget: externalIds, or --run RUN, or --all",
            hint="`ld-import ledger items` lists the items, `ledger runs` the runs",
        )
    return Choice(external_ids=ids, run_id=flags.run_id, is_all=flags.everything)


def _target(flags: ForgetFlags) -> tuple[Path, TargetFilter]:
    """Return the ledger and the target: that of the run, or the chosen one."""
    if flags.run_id is None:
        with reading(flags) as (reader, target):
            return reader.path, target
    named = replace(flags, all_targets=True, server=None, project=None, kind=None)
    with reading(named) as (reader, _):
        return reader.path, _target_of_run(reader, flags.run_id, flags.system_name)


def _target_of_run(reader: LedgerReader, run_id: str, system_name: str | None) -> TargetFilter:
    from ld_import.ledger import TargetFilter

    for run in reader.runs():
        if run["run"] == run_id:
            print_err(sanitize(f"{run['kind']} on {run['server']}"))
            return TargetFilter(run["server"], run["project"], run["kind"], system_name)
    raise UsageError(
        f"the ledger {reader.path} has no run {run_id!r}",
        hint="`ld-import ledger runs` lists the runs",
    )


def _document(result: Forgotten, flags: ForgetFlags) -> dict[str, Any]:
    return {
        "dryRun": flags.dry_run,
        "items": result.items,
        "onServer": result.on_server,
        "open": result.open,
        "invalid": result.invalid,
        "knownBefore": result.known_before,
        "keptRequests": result.kept_requests,
        "unknownIds": result.unknown_ids,
        "copy": result.copy and str(result.copy),
    }


def _print(result: Forgotten, flags: ForgetFlags) -> None:
    title = "would be forgotten" if flags.dry_run else "forgotten"
    missing = result.items - result.on_server
    rows = [
        (
            "items with an entry on the server: the next import sends them, and the server answers"
            " that they exist; nothing is created twice",
            result.on_server,
        ),
        ("items without an entry: the next import sends them as new", missing),
        ("of them open: the result of their request will not be looked up", result.open),
        ("invalid records", result.invalid),
        ("items of the run stay: an earlier run had sent them", result.known_before),
        ("requests of the last 24 hours stay, they count for the quota", result.kept_requests),
    ]
    counts(title, [row for row in rows if row[1]])
    if result.on_server:
        print_err("hint: `ld-import ledger adopt` records the entries again without sending them")
    if result.copy is not None:
        print_err(f"info: the ledger as it was is in {sanitize(result.copy)}")
