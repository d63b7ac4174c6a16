"""`ld-import report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ld_import.cli.commands.ledger.reading import reading
from ld_import.cli.config.output_files import is_ledger_file
from ld_import.cli.options import TargetFlags, command_flags, command_of
from ld_import.cli.output.console import print_out
from ld_import.cli.output.report_file import check_extra, file_in, write_report
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError


@command_flags
class ReportFlags(TargetFlags):
    """The flags of `report`."""

    run_id: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="Run, as `ld-import ledger runs` names it. [default: the latest one]",
            show_default=False,
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File to write, or a folder for it. [default: report-RUN.html in the working"
            " directory]",
        ),
    ] = None


def make_report(flags: ReportFlags) -> int:
    """Write the report of a run as an HTML file, and print its name."""
    from ld_import.clock import SystemClock
    from ld_import.ledger.run_reader import RunReader

    check_extra()
    with reading(flags) as (ledger, target):
        ledger_path = ledger.path
    with RunReader(ledger_path) as reader:
        run = reader.run(flags.run_id, of=target)
        if run is None:
            raise _no_run(flags.run_id, ledger_path)
        path = file_in(flags.output or Path(), run["run"])
        _check(path, ledger_path)
        try:
            write_report(path, reader, run, now=SystemClock().now())
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror}",
                hint="name another file with --output, or free disk space",
            ) from None
    print_out(sanitize(path))
    return 0


command = command_of(ReportFlags, make_report)


def _check(path: Path, ledger: Path) -> None:
    hint = "name another file with --output"
    if is_ledger_file(path, ledger):
        raise UsageError(f"{path} is the ledger itself", hint=hint)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError(f"{path} is not a regular file", hint=hint)


def _no_run(run_id: str | None, path: Path) -> UsageError:
    if run_id is None:
        return UsageError(
            f"the ledger {path} has no import of this target", hint="each import records a run"
        )
    return UsageError(
        f"the ledger {path} has no run {run_id!r} of this target",
        hint="`ld-import ledger runs` lists the runs; a report is made of an import",
    )
