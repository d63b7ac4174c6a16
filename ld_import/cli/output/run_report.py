"""`--report`: the report that an import writes when it ends, however it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.cli.config.command_line import redacted_command
from ld_import.cli.config.output_files import OutputTaken
from ld_import.cli.config.resolve import Resolution
from ld_import.cli.output.log import Log
from ld_import.errors import LdImportError
from ld_import.importer.new_run import manifest_name
from ld_import.importer.result import ImportResult

if TYPE_CHECKING:
    from ld_import.report.facts import Ending, RunFacts

A_BUG = "an unexpected error, which is a bug"
NoteResult = Callable[[ImportResult], None]


@contextmanager
def writing_report(resolution: Resolution, log: Log) -> Iterator[NoteResult]:
    """Write the report, if one is wanted, when the block ends, also by an error.

    The block passes the result of the run to the function that it receives. Raises UsageError if
    the library for reports is missing. A report that cannot be written is a warning.
    """
    path = resolution.outputs.report
    if path is None or resolution.flags.dry_run:
        if path is not None:
            log.report("warning", "a dry run writes no report")
        yield lambda result: None
        return
    # Imported here: few imports write a report.
    from ld_import.cli.output.report_file import check_extra

    check_extra()
    started = log.clock.now()
    results: list[ImportResult] = []
    try:
        yield results.append
    except OutputTaken:
        raise
    except LdImportError as error:
        _try_to_write(path, resolution, log, started, error)
        raise
    except Exception:
        _try_to_write(path, resolution, log, started, LdImportError(A_BUG))
        raise
    else:
        result = results[-1] if results else None
        _try_to_write(path, resolution, log, started, result.error if result else None)


def _try_to_write(
    path: Path, resolution: Resolution, log: Log, started: datetime, error: LdImportError | None
) -> None:
    from ld_import.cli.output.report_file import file_in

    file = file_in(path, log.run_id or f"{started:%Y-%m-%dT%H:%M:%SZ}")
    try:
        _write(file, resolution, log, started, error)
    except OSError as problem:
        log.report("warning", f"the report {file} cannot be written: {problem.strerror}")
    except LdImportError as problem:
        log.report("warning", f"the report {file} is not written: {problem}")
    except KeyboardInterrupt:
        log.report("warning", f"the report {file} is not written: stopped on request")
    except Exception as problem:  # the run is over, and its exit code must not change
        from ld_import.cli.output.crash_file import reported

        bug = reported(problem, clock=log.clock)
        log.report("warning", f"the report {file} is not written: {bug}; {bug.hint}")
    else:
        log.report_from("info", f"the report is {file}")


def _write(
    path: Path, resolution: Resolution, log: Log, started: datetime, error: LdImportError | None
) -> None:
    from ld_import.cli.output.report_file import write_page, write_report
    from ld_import.ledger import TargetFilter
    from ld_import.ledger.run_reader import RunReader
    from ld_import.report.data import data_without_ledger

    ending = _ending_of(resolution, error)
    now = log.clock.now()
    try:
        with RunReader(resolution.ledger_path) as reader:
            run = reader.run(log.run_id, of=TargetFilter()) if log.run_id else None
            if run is not None:
                write_report(path, reader, run, now=now, ending=ending)
                return
    except LdImportError as unusable:
        ending = _ending_of(resolution, error or unusable)
    facts = _facts_of(resolution, started, now).ended_by(ending)
    write_page(path, data_without_ledger(facts), now=now)


def _ending_of(resolution: Resolution, error: LdImportError | None) -> Ending:
    from ld_import.report.facts import Ending

    limit = None
    with suppress(LdImportError):
        limit = resolution.spec.daily_limit
    if error is None:
        return Ending(daily_limit=limit)
    return Ending(error=str(error), hint=error.hint, exit_code=error.exit_code, daily_limit=limit)


def _facts_of(resolution: Resolution, started: datetime, now: datetime) -> RunFacts:
    """Return what is known about a run that the ledger does not have."""
    from ld_import.report.facts import RunFacts

    server = manifest = ""
    with suppress(LdImportError):
        server = resolution.server.url
    with suppress(LdImportError):
        manifest = manifest_name(resolution.manifest_path, resolution.flags.system_name or "")
    return RunFacts(
        kind=resolution.kind,
        server=server,
        manifest=manifest,
        command=redacted_command(sys.argv[1:]),
        started=started,
        ended=now,
    )
