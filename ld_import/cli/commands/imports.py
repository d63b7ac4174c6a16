"""The four import commands: resolve the settings, run or plan, show the result."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.cli.collector import work_normally
from ld_import.cli.config.discovery import LEDGER_NAME
from ld_import.cli.config.file import config_notices
from ld_import.cli.config.output_files import OutputTaken
from ld_import.cli.config.resolve import Resolution, resolve_import
from ld_import.cli.config.settings import empty_selection
from ld_import.cli.options import ImportFlags
from ld_import.cli.output.dry_run import print_plan
from ld_import.cli.output.expected import DRY_RUN, expected_run
from ld_import.cli.output.listeners import FanOut, listener_for
from ld_import.cli.output.log import Log
from ld_import.cli.output.metrics_file import writing_metrics
from ld_import.cli.output.plain_log import SHOWN_REJECTED
from ld_import.cli.output.run_groups import RunGroups, commands_of
from ld_import.cli.output.run_report import writing_report
from ld_import.cli.output.sanitize import sanitize
from ld_import.cli.output.summary import print_summary
from ld_import.cli.signals import Signals
from ld_import.clock import SystemClock
from ld_import.errors import LdImportError
from ld_import.importer.dry_run import plan_import
from ld_import.importer.new_run import NewRun
from ld_import.importer.result import ImportResult
from ld_import.importer.spec import ImportSpec
from ld_import.ledger.ownership import permission_warning
from ld_import.manifest.files import name_of
from ld_import.tempdir import LEAST_FREE_BYTES, check_temp_folder, low_space_warning
from ld_import.wording import amount

if TYPE_CHECKING:
    from ld_import.cli.config.listen import Address


def import_media(kind: str, flags: ImportFlags) -> int:
    """Import a manifest, log the run, and return the exit code."""
    with Log(flags, SystemClock()) as log, Signals().installed() as signals:
        exit_code = _attempt(resolve_import(kind, flags), log, signals)
        log.end(exit_code)
        return exit_code


def _attempt(resolution: Resolution, log: Log, signals: Signals) -> int:
    flags = resolution.flags
    try:
        log.check()
        check_temp_folder()
        # This reads a large manifest through, which takes time.
        with signals.raising():
            log.open_file(resolution.outputs.log_file)
        for level, text in config_notices(flags.config, flags.manifest):
            log.report_from(level, text)
        with (
            writing_report(resolution, log) as note_result,
            writing_metrics(resolution, log) as add_summary,
            signals.raising(),
        ):
            spec = resolution.spec
            # The source named in standard input is known only now; nothing has been written yet.
            resolution.outputs.check(("the source of the manifest", spec.manifest.records_path))
            run = NewRun.at(log.clock, log.started_monotonic)
            log.begin(spec, run, is_dry_run=flags.dry_run)
            _warn(resolution, log)
            address = _address_of(flags, spec)
            if flags.dry_run:
                return _plan(_with_placeholder(spec, address), flags, log, run)
            authorized = replace(spec, server=resolution.authorized_server())
            groups = _groups_of(spec, flags)
            result = _import(authorized, address, log, run, signals, groups)
            add_summary(result.summary)
            note_result(result)
            return _report(result, groups, spec, flags, log)
    except LdImportError as error:
        if isinstance(error, OutputTaken):
            log.close_file()
        log.report_error(error)
        return error.exit_code
    except Exception as error:  # reported beside the ledger, and in the log as well
        from ld_import.cli.output.crash_file import reported

        report = reported(error, _crash_folder(resolution), log.clock)
        log.report_error(report)
        return report.exit_code


def _crash_folder(resolution: Resolution) -> Path | None:
    with suppress(LdImportError):
        folder = resolution.ledger_path.parent
        return folder if folder.is_dir() else None
    return None


def _warn(resolution: Resolution, log: Log) -> None:
    if resolution.flags.insecure:
        log.report("warning", "the server's certificate is not checked (--insecure)")
    if text := empty_selection(resolution.flags, resolution.spec.only):
        log.report("warning", text)
    if (listed := resolution.listed) and listed.left_out:
        rows = f"{amount(listed.left_out, 'row')} of --only-file {resolution.flags.only_file}"
        log.report("warning", f"{rows} left out: another kind or systemName")
    if resolution.is_ledger_found and (weakness := permission_warning(resolution.ledger_path)):
        log.report("warning", weakness)
    is_large = resolution.manifest.rereadable_bytes >= LEAST_FREE_BYTES
    if is_large and (text := low_space_warning()):
        log.report("warning", text)


def _address_of(flags: ImportFlags, spec: ImportSpec) -> Address | None:
    if flags.listen is None and flags.public_url is None:
        return None
    from ld_import.cli.config.listen import address_of

    return address_of(flags, spec)


def _with_placeholder(spec: ImportSpec, address: Address | None) -> ImportSpec:
    """Return the import with a placeholder webhook, as long as the real one."""
    if address is None:
        return spec
    from ld_import.cli.config.listen import PLACEHOLDER_SECRET

    return replace(spec, webhook=address.webhook(PLACEHOLDER_SECRET))


def _plan(spec: ImportSpec, flags: ImportFlags, log: Log, run: NewRun) -> int:
    groups = _groups_of(spec, flags)
    # The groups follow; `-v` and a JSON document leave the single lines to the log.
    shown = SHOWN_REJECTED if flags.verbose or flags.json else 0
    listener = FanOut(listener_for(log, run.run_id, DRY_RUN, shown_rejected=shown), groups)
    result = plan_import(spec, listener, clock=log.clock, run=run)
    if not flags.json and not flags.quiet:
        print_plan(result.summary, result.first_body)
    print_summary(result.summary, groups, flags, log)
    if any(result.summary["wouldSend"].values()) and spec.preflight:
        log.hint(
            "a dry run does not ask the server; `ld-import validate --check-project` checks the"
            " metadata against the project"
        )
    return result.exit_code


def _groups_of(spec: ImportSpec, flags: ImportFlags) -> RunGroups:
    return RunGroups(name_of(spec.manifest.records_path), commands_of(spec, flags))


def _import(
    spec: ImportSpec,
    address: Address | None,
    log: Log,
    run: NewRun,
    signals: Signals,
    groups: RunGroups,
) -> ImportResult:
    # Imported here: a dry run does not need them.
    from ld_import.cli.config.listen import open_hook
    from ld_import.importer.run import RunEnvironment, run_import

    with open_hook(address) as hook:
        if hook is not None:
            spec = replace(spec, webhook=hook.url)
        environment = RunEnvironment(
            clock=log.clock,
            run=run,
            interrupts=signals,
            receive=hook.receiving if hook else None,
        )
        work_normally()
        listener = FanOut(listener_for(log, run.run_id, expected_run(spec)), groups)
        return run_import(spec, listener, environment=environment)


def _report(
    result: ImportResult,
    groups: RunGroups,
    spec: ImportSpec,
    flags: ImportFlags,
    log: Log,
) -> int:
    for text in result.warnings:
        log.report("warning", text)
    print_summary(result.summary, groups, flags, log)
    if result.error is not None:
        log.report_error(result.error)
    elif result.exit_code:
        log.hint(f"`{_listing(spec)}` lists the items to fix")
    return result.exit_code


def _listing(spec: ImportSpec) -> str:
    listing = "ld-import ledger items --state failed --state invalid"
    if spec.ledger_path.resolve() == LEDGER_NAME.resolve():
        return listing
    return f"{listing} --ledger {sanitize(spec.ledger_path)}"
