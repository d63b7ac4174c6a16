"""`ld-import validate`: every problem of a manifest, found by the code that imports it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ld_import.cli.options import (
    BatchBytesFlags,
    IdentityFlags,
    ImportFlags,
    JsonFlags,
    KindFlags,
    ManifestFlags,
    ProjectCheckFlags,
    command_flags,
    command_of,
    copy_flags,
)
from ld_import.cli.output.console import json_out, print_err, print_event, print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.wording import amount

# Imported when a manifest is validated: `--help` does not need them.
if TYPE_CHECKING:
    from ld_import.cli.config.file import Config
    from ld_import.events import Event, Listener
    from ld_import.importer.spec import ImportSpec
    from ld_import.manifest import Manifest
    from ld_import.model import Invalid, Remark
    from ld_import.pipeline.planning.chunk import ItemCheck
    from ld_import.pipeline.planning.dry_run import DryRun
    from ld_import.pipeline.tally import Tally


@command_flags
class ValidateFlags(
    JsonFlags, BatchBytesFlags, ProjectCheckFlags, IdentityFlags, KindFlags, ManifestFlags
):
    """The flags of `validate`."""


def validate_manifest(flags: ValidateFlags) -> int:
    """Show all problems of a manifest; return 3 if there are any, else 0."""
    from ld_import.cli.config.file import config_notices, find_config
    from ld_import.cli.config.resolve_validation import resolve_validation
    from ld_import.importer.result import exit_code_of
    from ld_import.tempdir import check_temp_folder

    check_temp_folder()
    config = find_config(flags.config)
    for level, text in config_notices(flags.config, flags.manifest):
        if level != "info":
            print_err(f"{level}: {sanitize(text)}")
    spec = resolve_validation(copy_flags(flags, ImportFlags), flags.kind, config)
    check = _project_check(flags, spec.kind, config) if flags.check_project else None
    invalid: list[Invalid] = []
    remarks: list[Remark] = []
    listen = _listener(
        invalid.append if flags.json else _printer(spec.manifest),
        remarks.append if flags.json else _warning_printer(spec.manifest),
    )
    tally = _decided(spec, listen, check).tally
    if flags.json:
        json_out(_document(spec, tally, invalid, remarks))
    else:
        _print_counts(spec, tally)
    return exit_code_of(tally, None)


command = command_of(ValidateFlags, validate_manifest)


def _project_check(flags: ValidateFlags, kind: str, config: Config) -> ItemCheck:
    from ld_import.cli.config.server import find_server, with_credentials
    from ld_import.importer.project import project_check_for

    profile = config.profile(flags.profile)
    server = find_server(flags, profile, config)
    return project_check_for(with_credentials(server, flags, profile, config), kind, print_event)


def _decided(spec: ImportSpec, listen: Listener, check: ItemCheck | None) -> DryRun:
    from ld_import.importer.dry_run import decide_all
    from ld_import.ledger import SqliteLedger

    # With an empty ledger no record is known, so every record is checked.
    with closing(SqliteLedger(spec.ledger_path, spec.target, read_only=True)) as ledger:
        return decide_all(spec, ledger, listen, is_guarded=False, check=check)


def _listener(
    collect: Callable[[Invalid], None], collect_remark: Callable[[Remark], None]
) -> Listener:
    from ld_import.events import Rejected, Warned

    def listen(event: Event) -> None:
        if isinstance(event, Rejected):
            collect(event.record)
        elif isinstance(event, Warned):
            collect_remark(event.remark)

    return listen


def _printer(manifest: Manifest) -> Callable[[Invalid], None]:
    from ld_import.manifest.files import name_of

    where = sanitize(name_of(manifest.records_path))

    def print_problems(record: Invalid) -> None:
        name = f" ({sanitize(record.external_id)})" if record.external_id else ""
        for problem in record.problems:
            print_out(f"{where}:{record.line}{name}: {sanitize(problem.text)}")

    return print_problems


def _warning_printer(manifest: Manifest) -> Callable[[Remark], None]:
    from ld_import.manifest.files import name_of

    where = sanitize(name_of(manifest.records_path))

    def print_warning(remark: Remark) -> None:
        text = sanitize(f"{remark.text}; {remark.advice}")
        print_out(f"{where}:{remark.line} ({sanitize(remark.external_id)}): warning: {text}")

    return print_warning


def _print_counts(spec: ImportSpec, tally: Tally) -> None:
    from ld_import.manifest.files import name_of

    good = tally.read - tally.invalid
    print_out(
        f"{sanitize(name_of(spec.manifest.path))} as {spec.kind}: {amount(tally.read, 'record')},"
        f" {good:,} good, {tally.invalid:,} invalid"
    )


def _document(
    spec: ImportSpec, tally: Tally, invalid: list[Invalid], remarks: list[Remark]
) -> dict[str, Any]:
    return {
        "manifest": str(spec.manifest.path),
        "kind": spec.kind,
        "read": tally.read,
        "invalid": tally.invalid,
        "problems": [
            {
                "file": str(spec.manifest.records_path),
                "line": record.line,
                "externalId": record.external_id,
                "field": problem.field,
                "text": problem.text,
            }
            for record in invalid
            for problem in record.problems
        ],
        "warnings": [
            {
                "file": str(spec.manifest.records_path),
                "line": remark.line,
                "externalId": remark.external_id,
                "field": remark.field,
                "text": remark.text,
                "advice": remark.advice,
                "rule": remark.rule,
            }
            for remark in remarks
        ],
    }
