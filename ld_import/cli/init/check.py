"""Checks the manifest that `init` wrote, as `validate` does."""

from __future__ import annotations

from pathlib import Path

from ld_import.cli.config.file import Config
from ld_import.cli.config.resolve_validation import resolve_validation
from ld_import.cli.options import ImportFlags
from ld_import.cli.output.console import print_out
from ld_import.cli.output.findings import print_groups
from ld_import.clock import SystemClock
from ld_import.importer.validation import check_records
from ld_import.manifest.files import name_of
from ld_import.validation import FindingGroups
from ld_import.validation.inspector import Inspector
from ld_import.wording import amount


def check_written(path: Path, kind: str) -> bool:
    """Print what `validate` finds in a manifest, and return whether all records are good.

    Neither a server nor a configuration is read.
    """
    spec = resolve_validation(ImportFlags(manifest=path), kind, Config())
    groups = FindingGroups()
    checked = check_records(spec, [Inspector(kind, now=SystemClock().now())], groups.add)
    print_out(
        f"{amount(checked.read, 'record')}: {checked.good:,} would be sent,"
        f" {checked.invalid:,} have problems"
    )
    print_groups(
        groups.sorted(),
        name_of(spec.manifest.records_path),
        more="`ld-import validate -v` shows all",
    )
    return not checked.has_errors
