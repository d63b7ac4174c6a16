"""`ld-import validate`: every problem of a manifest, found by the code that imports it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from ld_import.cli.config.url_checks import url_documents, url_inspection
from ld_import.cli.options import (
    BatchBytesFlags,
    FindingFlags,
    IdentityFlags,
    ImportFlags,
    KindFlags,
    ManifestFlags,
    ProjectCheckFlags,
    UrlCheckFlags,
    command_flags,
    command_of,
    copy_flags,
)
from ld_import.cli.output.console import print_err, print_event
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError

# Imported when a manifest is validated: `--help` does not need them.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ld_import.cli.config.file import Config
    from ld_import.importer.spec import ImportSpec
    from ld_import.preflight import ProjectConfig
    from ld_import.validation import Inspection

FORMATS = ("text", "json", "sarif")
EXIT_PROBLEMS = 3


@command_flags
class ValidateFlags(
    FindingFlags,
    UrlCheckFlags,
    ProjectCheckFlags,
    BatchBytesFlags,
    IdentityFlags,
    KindFlags,
    ManifestFlags,
):
    """The flags of `validate`."""


def validate_manifest(flags: ValidateFlags) -> int:
    """Show all problems of a manifest; return 3 if there are errors, else 0.

    Raises Interrupted at a signal, so that temporary files are removed.
    """
    from ld_import.cli.signals import Signals

    with Signals(has_recorded=flags.check_urls).installed() as signals, signals.raising():
        return _validate(flags)


def _validate(flags: ValidateFlags) -> int:
    from ld_import.cli.config.file import config_notices, find_config
    from ld_import.cli.config.resolve_validation import resolve_validation
    from ld_import.cli.output.validation import output_for
    from ld_import.importer.validation import check_records
    from ld_import.tempdir import check_temp_folder

    format_name = _format_of(flags)
    check_temp_folder()
    config = find_config(flags.config)
    for level, text in config_notices(flags.config, flags.manifest):
        if level != "info":
            print_err(f"{level}: {sanitize(text)}")
    spec = resolve_validation(copy_flags(flags, ImportFlags), flags.kind, config)
    with ExitStack() as opened:
        inspections = [
            opened.enter_context(closing(made)) for made in _inspections(spec, flags, config)
        ]
        output = opened.enter_context(
            closing(output_for(spec, format_name, shows_all=flags.verbose))
        )
        checked = check_records(spec, inspections, output.take)
        checked.more |= url_documents(inspections)
        output.end(checked)
    return EXIT_PROBLEMS if checked.has_errors else 0


def _inspections(spec: ImportSpec, flags: ValidateFlags, config: Config) -> Iterator[Inspection]:
    """Yield the checks that the flags ask for. Raises the errors of a request for the project."""
    from ld_import.clock import SystemClock
    from ld_import.validation.inspector import Inspector

    now = SystemClock().now()
    project = _project(flags, config) if flags.check_project else None
    date_fields = None if project is None else project.date_fields(spec.kind)
    yield Inspector(spec.kind, now=now, date_fields=date_fields)
    if project is not None:
        from ld_import.importer.project import ProjectInspection, check_of

        yield ProjectInspection(check_of(project, spec.kind, now))
    if spec.kind == "media-library":
        from ld_import.assets.base import SourceRules
        from ld_import.importer.file_checks import FileInspection

        folder, is_allowed = spec.manifest.path.parent, flags.allow_outside_source
        yield FileInspection(SourceRules(folder=folder, allow_outside=is_allowed))
    if (urls := url_inspection(spec, flags)) is not None:
        yield urls


def _project(flags: ValidateFlags, config: Config) -> ProjectConfig:
    from ld_import.cli.config.server import find_server, with_credentials
    from ld_import.importer.project import project_of

    profile = config.profile(flags.profile)
    server = find_server(flags, profile, config)
    return project_of(with_credentials(server, flags, profile, config), print_event)


command = command_of(ValidateFlags, validate_manifest)


def _format_of(flags: ValidateFlags) -> str:
    name = flags.output or ("json" if flags.json else "text")
    if name not in FORMATS:
        raise UsageError(f"unknown --output {name!r}", hint=f"use one of {', '.join(FORMATS)}")
    if flags.json and name != "json":
        raise UsageError(
            f"--json and --output {name} contradict each other", hint="give one of them"
        )
    return name
