"""The four import commands: resolve, run or plan, show how it ended."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ld_import.cli.collector import work_normally
from ld_import.cli.config.discovery import LEDGER_NAME
from ld_import.cli.config.file import notes_on_config
from ld_import.cli.config.listen import SHOWN_SECRET, Address, address_of, open_hook
from ld_import.cli.config.output_files import OutputTaken
from ld_import.cli.config.resolve import Resolution, resolve_import
from ld_import.cli.options import ImportFlags
from ld_import.cli.output.dry_run import print_plan
from ld_import.cli.output.listeners import watcher
from ld_import.cli.output.log import Log
from ld_import.cli.output.metrics_file import measured
from ld_import.cli.output.sanitize import sanitize
from ld_import.cli.output.summary import print_summary
from ld_import.cli.signals import Signals
from ld_import.clock import SystemClock
from ld_import.errors import LdImportError
from ld_import.importer.dry_run import plan_import
from ld_import.importer.result import ImportResult
from ld_import.importer.run import Surroundings, run_import
from ld_import.importer.spec import ImportSpec, NewRun
from ld_import.ledger.ownership import permission_warning
from ld_import.tempdir import LEAST_FREE_BYTES, check_temp_folder, low_space_warning


def import_media(kind: str, flags: ImportFlags) -> int:
    """Import a manifest, log how it goes, and return the exit code."""
    with Log(flags, SystemClock()) as log, Signals().heard() as signals:
        exit_code = _attempt(resolve_import(kind, flags), log, signals)
        log.end(exit_code)
        return exit_code


def _attempt(resolution: Resolution, log: Log, signals: Signals) -> int:
    flags = resolution.flags
    try:
        log.check()
        check_temp_folder()
        # A large manifest is surveyed here.
        with signals.raising():
            log.open_file(resolution.outputs.log_file)
        for level, text in notes_on_config(flags.config, flags.manifest):
            log.note(level, text)
        with measured(resolution, log) as note, signals.raising():
            spec = resolution.spec
            # Standard input names its source only now; nothing is written so far.
            resolution.outputs.check(("the source of the manifest", spec.manifest.records_path))
            run = NewRun.at(log.clock, log.started_monotonic)
            log.begin(spec, run, is_dry_run=flags.dry_run)
            _warn(resolution, log)
            address = address_of(flags, spec)
            if flags.dry_run:
                return _plan(_shown(spec, address), flags, log, run)
            authorized = replace(spec, server=resolution.authorized_server())
            result = _import(authorized, address, log, run, signals)
            note(result.summary)
            return _report(result, spec, flags, log)
    except LdImportError as error:
        if isinstance(error, OutputTaken):
            log.close_file()
        log.say_error(error)
        return error.exit_code
    except Exception as error:  # reported beside the ledger, and in the log as well
        from ld_import.cli.output.crash_file import reported

        report = reported(error, _crash_folder(resolution), log.clock)
        log.say_error(report)
        return report.exit_code


def _crash_folder(resolution: Resolution) -> Path | None:
    with suppress(LdImportError):
        folder = resolution.ledger_path.parent
        return folder if folder.is_dir() else None
    return None


def _warn(resolution: Resolution, log: Log) -> None:
    if resolution.flags.insecure:
        log.say("warning", "the server's certificate is not checked (--insecure)")
    if resolution.is_ledger_found and (weakness := permission_warning(resolution.ledger_path)):
        log.say("warning", weakness)
    is_large = resolution.manifest.rereadable_bytes >= LEAST_FREE_BYTES
    if is_large and (text := low_space_warning()):
        log.say("warning", text)


def _shown(spec: ImportSpec, address: Address | None) -> ImportSpec:
    """Return the import with a webhook of the size of the real one."""
    return replace(spec, webhook=address.webhook(SHOWN_SECRET)) if address else spec


def _plan(spec: ImportSpec, flags: ImportFlags, log: Log, run: NewRun) -> int:
    result = plan_import(spec, watcher(log, run.run_id), clock=log.clock, run=run)
    if not flags.json and not flags.quiet:
        print_plan(result.summary, result.first_body)
    print_summary(result.summary, is_json=flags.json, log=log)
    return result.exit_code


def _import(
    spec: ImportSpec, address: Address | None, log: Log, run: NewRun, signals: Signals
) -> ImportResult:
    with open_hook(address) as hook:
        if hook is not None:
            spec = replace(spec, webhook=hook.url)
        surroundings = Surroundings(
            clock=log.clock,
            run=run,
            interrupts=signals,
            receive=hook.receiving if hook else None,
        )
        work_normally()
        return run_import(spec, watcher(log, run.run_id), surroundings=surroundings)


def _report(result: ImportResult, spec: ImportSpec, flags: ImportFlags, log: Log) -> int:
    for text in result.warnings:
        log.say("warning", text)
    print_summary(result.summary, is_json=flags.json, log=log)
    if result.error is not None:
        log.say_error(result.error)
    elif result.exit_code:
        log.advise(f"`{_listing(spec)}` lists what needs fixing")
    return result.exit_code


def _listing(spec: ImportSpec) -> str:
    listing = "ld-import ledger items --state failed --state invalid"
    if spec.ledger_path.resolve() == LEDGER_NAME.resolve():
        return listing
    return f"{listing} --ledger {sanitize(spec.ledger_path)}"
