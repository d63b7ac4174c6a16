"""`ld-import ledger reasons`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.commands.ledger.reading import checked_states, reading
from ld_import.cli.options import ItemFilterFlags, RowFlags, TargetFlags, command_flags, command_of
from ld_import.cli.output.console import json_out, print_err, print_out
from ld_import.cli.output.reason_lines import print_reasons
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.wording import amount

if TYPE_CHECKING:
    from ld_import.cli.output.ledger_reasons import TargetReasons

# Without --state: everything that did not arrive as it was sent.
STATES = ("failed", "invalid", "refused", "lost", "skipped")


@command_flags
class ReasonsFlags(RowFlags, ItemFilterFlags, TargetFlags):
    """The flags of `ledger reasons`."""

    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="Only what this run left. [default: the present state of all items]",
        ),
    ] = None
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", help="Maximum number of groups; 0 shows all.", min=0),
    ] = 20


def show_reasons(flags: ReasonsFlags) -> int:
    """Group the items that need attention by cause."""
    from ld_import.cli.output.ledger_reasons import collected
    from ld_import.ledger.reason_reader import ReasonReader

    states = checked_states(flags.states) or STATES
    with reading(flags) as (reader, target), ReasonReader(reader.path) as reasons:
        if flags.run is not None and not reasons.has_run(flags.run, of=target):
            raise UsageError(
                f"the ledger has no run {flags.run}", hint="`ld-import ledger runs` lists the runs"
            )
        invalid = reasons.invalid(of=target, run_id=flags.run) if "invalid" in states else ()
        # Closed before the ledger: an open cursor raises a warning.
        with closing(reasons.cases(states, of=target, run_id=flags.run)) as cases:
            ledger = None if flags.ledger is None else str(flags.ledger)
            targets = collected(cases, invalid, ledger=ledger)
    if flags.json:
        json_out(_documents(targets, flags.limit))
    else:
        _print(targets, flags.limit)
    return 0


command = command_of(ReasonsFlags, show_reasons)


def _documents(targets: Sequence[TargetReasons], limit: int) -> list[dict[str, Any]]:
    documents = [document for target in targets for document in target.documents()]
    return documents[:limit] if limit else documents


def _print(targets: Sequence[TargetReasons], limit: int) -> None:
    for target in targets:
        if len(targets) > 1:
            print_out(sanitize(target.title))
        print_reasons(
            target.groups,
            target.commands,
            most=limit,
            shows_all=not limit,
            more="--limit 0 shows all",
        )
    total = sum(target.count for target in targets)
    if not total:
        print_err("no items")
        return
    groups = sum(len(target.groups) for target in targets)
    listed = "`ld-import ledger items --state STATE` lists the items of a state"
    print_err(f"{amount(total, 'item')} in {amount(groups, 'group')}; {listed}")
