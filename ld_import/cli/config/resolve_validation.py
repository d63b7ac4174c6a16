"""Resolves a manifest to validate; its kind is derived from its contents and its name."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ld_import.cli.config.discovery import find_manifest, read_manifest
from ld_import.cli.config.file import Config
from ld_import.cli.config.resolve import check_spec, resolve_assets
from ld_import.cli.config.settings import resolve_settings
from ld_import.cli.options import ImportFlags
from ld_import.cli.output.sanitize import REDACTOR
from ld_import.importer.checks import check_kind, check_list
from ld_import.importer.spec import ImportSpec
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.manifest import Manifest, Mapping
from ld_import.model import Entry, Record

NO_LEDGER = Path(":memory:")
# The systemName if none is given: a file of records has no header.
UNNAMED_SYSTEM = "-"


def resolve_validation(flags: ImportFlags, kind_name: str | None, config: Config) -> ImportSpec:
    """Return the import of a manifest, without server. Raises UsageError or ManifestError."""
    if kind_name is not None:
        check_kind(kind_name)
    kinds = list(KINDS) if kind_name is None else [kind_name]
    path = find_manifest(flags.manifest, "validate", config, kinds)
    manifest = read_manifest(
        path,
        flags.format_name,
        allow_outside_source=flags.allow_outside_source,
        delimiter=flags.delimiter,
        sheet=flags.sheet,
    )
    kind = KINDS[kind_name] if kind_name is not None else kind_of(manifest, config)
    check_list(kind, manifest)
    return _spec_of(manifest, kind, flags, config)


def kind_of(manifest: Manifest, config: Config) -> Kind:
    """Return the kind by list of records, configuration or file name, or else by the fields."""
    list_key, path = manifest.header.list_key, manifest.path
    matching = [kind for kind in KINDS.values() if kind.list_key == list_key]
    matching = matching or [
        kind
        for kind in KINDS.values()
        if config.file(config.command(kind.name).get("manifest")) == path
    ]
    matching = matching or [kind for kind in KINDS.values() if path.name.startswith(kind.name)]
    return matching[0] if len(matching) == 1 else KINDS[_kind_by_fields(manifest)]


def _kind_by_fields(manifest: Manifest) -> str:
    fields = manifest.header.map
    if fields is None:
        with closing(manifest.records()) as records:
            first = Mapping(external_id="x", fields=None).entry_from(next(records, Record(0, b"")))
        fields = first.fields if isinstance(first, Entry) else {}
    if "asset" in fields or ("file" in fields and "url" not in fields):
        return "media-library"
    # Images and files have the same required fields; they differ in the content at the URL.
    return "images" if "mediaType" in fields else "videos"


def _spec_of(manifest: Manifest, kind: Kind, flags: ImportFlags, config: Config) -> ImportSpec:
    is_named = flags.system_name or manifest.header.system_name
    if not is_named and not kind.has_own_ids:
        # A missing systemName is not a problem of the file.
        default = config.command(kind.name).get("systemName", UNNAMED_SYSTEM)
        flags = replace(flags, system_name=default)
    spec = ImportSpec(
        kind=kind.name,
        manifest=manifest,
        ledger_path=NO_LEDGER,
        redactor=REDACTOR,
        assets=resolve_assets(kind.name, flags, manifest, config),
        **resolve_settings(flags, manifest.header, config.command(kind.name)),
    )
    check_spec(spec, flags)
    return spec
