"""`ld-import init`: proposes a manifest from an export, and a configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.cli.init.flags import InitFlags
from ld_import.cli.options import command_of
from ld_import.cli.output.console import print_err, print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import ManifestError, UsageError

# Imported when an export is read: `--help` does not need them.
if TYPE_CHECKING:
    from ld_import.cli.init.files import InitFiles
    from ld_import.manifest import Manifest
    from ld_import.proposal import Findings, Measured, Wishes

SAMPLE_KIND = "videos"


def propose_manifest(flags: InitFlags) -> int:
    """Write a manifest and a configuration; return 3 if records have problems, else 0."""
    from ld_import.cli.signals import Signals
    from ld_import.tempdir import check_temp_folder

    check_temp_folder()
    with Signals(has_recorded=False).installed() as signals, signals.raising():
        _check_choices(flags)
        return _write_sample(flags) if flags.export is None else _from_export(flags, flags.export)


command = command_of(InitFlags, propose_manifest)


def _check_choices(flags: InitFlags) -> None:
    from ld_import.importer.checks import check_kind, check_system_name

    if flags.kind is not None:
        check_kind(flags.kind)
    if flags.system_name is not None:
        check_system_name(flags.system_name, is_needed=True)


def _from_export(flags: InitFlags, export: Path) -> int:
    from ld_import.cli.init.files import InitFiles
    from ld_import.cli.init.questions import is_interactive
    from ld_import.proposal import findings_of, measuring

    if not flags.yes and not is_interactive():
        raise UsageError(
            "init asks for kind, systemName and externalId, and there is no terminal",
            hint="accept its proposals with --yes, or choose with --yes --kind KIND"
            " --system-name NAME --external-id TEMPLATE",
        )
    files = InitFiles(export, flags.into, is_copied=flags.copy)
    manifest = _opened(flags, export)
    with measuring(manifest, _report_progress) as measured:
        if not measured.count:
            _refuse_empty(export, measured)
        findings = findings_of(manifest, measured, flags.kind)
        wishes = _wishes(flags, findings)
        if wishes.kind != findings.media.kind:
            findings = findings_of(manifest, measured, wishes.kind)
        return _write(flags, files, measured, findings, wishes)


def _opened(flags: InitFlags, export: Path) -> Manifest:
    from ld_import.manifest import STANDARD_INPUT, Header, open_manifest

    if export == STANDARD_INPUT:
        raise UsageError(
            "init cannot read standard input", hint="save the export as a file and name it"
        )
    try:
        manifest = open_manifest(export, delimiter=flags.delimiter, sheet=flags.sheet)
    except ManifestError as error:
        hint = error.hint if error.hint != ManifestError.hint else "fix the export and run again"
        raise ManifestError(str(error), hint=hint) from error
    if replace(manifest.header, list_key=None) != Header():
        raise UsageError(
            f"{export} is a manifest already, not an export",
            hint=f"check it with `ld-import validate {export}`",
        )
    return manifest


def _report_progress(read: int, share: float | None) -> None:
    done = "" if share is None else f" ({100 * share:.0f} %)"
    print_err(f"measured {read:,} records{done}")


def _refuse_empty(export: Path, measured: Measured) -> None:
    what = "no record that can be read" if measured.unreadable else "no record"
    raise ManifestError(
        f"{export}: the export has {what}, so nothing can be measured",
        hint="export again; `ld-import init` without an export writes a sample",
    )


def _wishes(flags: InitFlags, findings: Findings) -> Wishes:
    from ld_import.cli.init.questions import ask_wishes
    from ld_import.proposal import Wishes

    wishes = Wishes(
        kind=flags.kind or findings.media.kind,
        system_name=flags.system_name,
        external_id=flags.external_id,
    )
    return wishes if flags.yes else ask_wishes(wishes, findings)


def _write(
    flags: InitFlags, files: InitFiles, measured: Measured, findings: Findings, wishes: Wishes
) -> int:
    from ld_import.cli.init.server import find_project, server_url
    from ld_import.proposal import Source, manifest_text, propose, sample_config

    kind = findings.media.kind
    files.check(kind)
    project = None if flags.no_server else find_project(flags)
    source = Source(files.source, flags.delimiter, flags.sheet)
    proposal = propose(measured, findings, wishes, source, project)
    config = sample_config(kind, f"{kind}.yaml", server_url(flags))
    if flags.dry_run:
        print_out(manifest_text(proposal).rstrip())
        return 0
    files.write(kind, manifest_text(proposal), config)
    for note in (*proposal.kind_notes, *_id_sentences(proposal.id_notes)):
        print_out(sanitize(note))
    if wishes.system_name is None:
        print_out(
            f'systemName is "{sanitize(proposal.system_name)}", from the name of the export:'
            " change it now or never"
        )
    files.report()
    return _checked(files, kind)


def _id_sentences(notes: list[str]) -> list[str]:
    return [f"externalId: {note}" for note in notes if not note.startswith("Not ")]


def _checked(files: InitFiles, kind: str) -> int:
    """Validate the written manifest, and say what to do next."""
    from ld_import.cli.init.check import check_written

    is_good = check_written(files.manifest(kind), kind)
    files.print_next(kind)
    return 0 if is_good else 3


def _write_sample(flags: InitFlags) -> int:
    from ld_import.cli.init.files import InitFiles
    from ld_import.cli.init.server import server_url
    from ld_import.proposal import sample_config, sample_manifest

    if flags.external_id is not None or flags.copy:
        name = "--copy" if flags.copy else "--external-id"
        raise UsageError(f"{name} needs an export", hint="name it: ld-import init EXPORT")
    kind = flags.kind or SAMPLE_KIND
    files = InitFiles(None, flags.into)
    files.check(kind)
    manifest = sample_manifest(kind, flags.system_name or "old-system")
    if flags.dry_run:
        print_out(manifest.rstrip())
        return 0
    files.write(kind, manifest, sample_config(kind, f"{kind}.yaml", server_url(flags)))
    files.report()
    return _checked(files, kind)
