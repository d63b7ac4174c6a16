"""`ld-import ledger export`: the map from legacy id and URL to mediaId, in several formats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ld_import.cli.commands.ledger.completing import CompleteFlags, complete, need_of
from ld_import.cli.commands.ledger.export_formats import Format, Written, chosen_format
from ld_import.cli.commands.ledger.reading import checked_states, reading
from ld_import.cli.config.output_files import is_ledger_file, same_file
from ld_import.cli.options import ItemFilterFlags, command_flags, command_of
from ld_import.cli.output.console import print_err
from ld_import.cli.output.findings import Row
from ld_import.cli.output.left_out import left_out_row, print_left_out
from ld_import.cli.signals import Signals
from ld_import.errors import UsageError
from ld_import.exports.left_out import COMPLETE
from ld_import.wording import amount

if TYPE_CHECKING:
    from ld_import.ledger import LedgerReader, TargetFilter

EXIT_INCOMPLETE = 3
# For items that remain incomplete after `--complete`.
NOT_KNOWN = "the server does not know it either"


@command_flags
class ExportFlags(ItemFilterFlags, CompleteFlags):
    """The flags of `ledger export`."""

    format_name: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="Format: jsonl, csv, sqlite, nginx or apache."
        ),
    ] = "jsonl"
    shape: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="SHAPE",
            help="documents: write the JSON object of each item for an image or video directive.",
        ),
    ] = None
    bom: Annotated[
        bool,
        typer.Option("--bom", help="Begin a CSV with a byte order mark, for Excel."),
    ] = False
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="File to write. [default: standard output]"
        ),
    ] = None


def write_export(flags: ExportFlags) -> int:
    """Write all items; return 3 if some are missing in the export or remain incomplete, else 0.

    A signal raises Interrupted, so that temporary files are removed.
    """
    with Signals().installed() as signals, signals.raising():
        return _export(flags)


def _export(flags: ExportFlags) -> int:
    form = chosen_format(flags.format_name, flags.shape, has_mark=flags.bom)
    states = checked_states(flags.states)
    _check_flags(flags, form)
    is_complete = True
    with ExitStack() as opened:
        reader, target = opened.enter_context(reading(flags))
        _check_output(flags.output, reader)
        if form.is_one_server:
            _check_servers(reader, target)
        if flags.complete and target.kind not in form.never:
            need = need_of(form.facts, states, target)
            is_complete = complete(flags, target, reader.path, need)
            reader = opened.enter_context(_reopened(reader))
        # Closed before the ledger: if the pipe is closed early, an open cursor raises a warning.
        rows = opened.enter_context(closing(reader.items(states=states, of=target)))
        written = form.write(rows, flags.output)
    if form.noun:
        _report(written, form.noun, was_completed=flags.complete)
    return 0 if is_complete and not written.left_out.missed else EXIT_INCOMPLETE


command = command_of(ExportFlags, write_export)


def _check_flags(flags: ExportFlags, form: Format) -> None:
    if form.is_file and flags.output is None:
        raise UsageError(f"--format {flags.format_name} needs a file", hint="name it with --output")
    if flags.complete and flags.all_targets:
        raise UsageError(
            "--complete cannot be combined with --all-targets",
            hint="complete one target at a time, chosen with --server, --project and --kind",
        )
    if flags.max_rate is not None and not flags.complete:
        raise UsageError("--max-rate needs --complete", hint="omit it")


def _check_output(output: Path | None, reader: LedgerReader) -> None:
    """Raise UsageError if the file belongs to the ledger, or is a manifest that was imported."""
    if output is None:
        return
    if is_ledger_file(output, reader.path):
        raise UsageError(f"{output} is the ledger itself", hint="name another file")
    if any(same_file(output, Path(file)) for file in reader.manifest_files()):
        raise UsageError(f"{output} is a manifest of this ledger", hint="name another file")


def _check_servers(reader: LedgerReader, target: TargetFilter) -> None:
    """Raise UsageError if rows of several servers or projects would mix without their names."""
    servers = {
        (row["server"], row["project"])
        for row in reader.targets()
        if target.kind in (None, row["kind"])
    }
    if target.server is None and len(servers) > 1:
        raise UsageError(
            f"this export would mix the media of {len(servers):,} servers or projects",
            hint="choose one with --server or --project instead of --all-targets",
        )


def _reopened(reader: LedgerReader) -> LedgerReader:
    """Return another reader: an older ledger was migrated, and the first one reads a copy."""
    from ld_import.ledger import LedgerReader

    return LedgerReader(reader.path)


def _report(written: Written, noun: str, *, was_completed: bool) -> None:
    """Print what was written, and one line for each reason to leave items out."""
    groups = written.left_out.sorted()
    total = sum(group.count for group in groups)
    left_out = f", {amount(total, 'item')} left out" if total else ""
    print_err(f"{amount(written.count, noun)} written{left_out}")
    print_left_out(_rows(written, was_completed=was_completed))


def _rows(written: Written, *, was_completed: bool) -> Iterator[Row]:
    for group in written.left_out.sorted():
        advice = group.left_out.advice
        if was_completed and advice == COMPLETE:
            advice = NOT_KNOWN
        yield left_out_row(group.count, group.left_out.reason, group.examples, advice)
