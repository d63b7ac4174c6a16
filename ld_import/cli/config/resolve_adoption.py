"""Resolves the manifest of a command that is not named after a kind, with server and ledger."""

from __future__ import annotations

from pathlib import Path

from ld_import.cli.config.discovery import find_manifest
from ld_import.cli.config.resolve import Resolution, once
from ld_import.cli.config.resolve_validation import kind_of
from ld_import.cli.options import ImportFlags
from ld_import.importer.checks import check_kind
from ld_import.kinds import KINDS


class AnyKind(Resolution):
    """The parts of an import whose kind is given, or derived from the manifest."""

    @once
    def manifest_path(self) -> Path:
        """The path of the manifest. Raises UsageError."""
        kinds = [self.kind] if self.kind else list(KINDS)
        return find_manifest(self.flags.manifest, "ledger adopt", self.config, kinds)


def resolve_any_kind(flags: ImportFlags, kind_name: str | None) -> Resolution:
    """Return the resolution of an import. Raises UsageError or ManifestError."""
    if kind_name is not None:
        check_kind(kind_name)
    resolution = AnyKind(kind_name or "", flags)
    if kind_name is None:
        resolution.kind = kind_of(resolution.manifest, resolution.config).name
    return resolution
