"""`ld-import validate`: every problem of a manifest, by the same code that would import it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from ld_import.cli.config import Config, find_config, notes_on_config
from ld_import.cli.find import find_manifest, read_manifest
from ld_import.cli.options import Connection, ImportOptions
from ld_import.cli.settings import rules_of, settle_settings
from ld_import.cli.show import err, json_out, out
from ld_import.cli.task import check_list, mapping_of
from ld_import.cli.tell import EXIT_TROUBLE
from ld_import.cli.text import plain
from ld_import.errors import UsageError
from ld_import.events import Event, Listener, Rejected
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.manifest import Manifest, Mapping
from ld_import.manifest.files import name_of
from ld_import.model import Entry, Invalid, Record, Target
from ld_import.pipeline.cut import Cutter
from ld_import.pipeline.plan import Planner
from ld_import.pipeline.rehearse import Rehearsal, rehearse
from ld_import.tempdir import check_temp_folder
from ld_import.wording import amount


def validate_manifest(kind_name: str | None, options: ImportOptions, connection: Connection) -> int:
    """Show all that is wrong with a manifest; return 3 if anything is, else 0."""
    if kind_name is not None and kind_name not in KINDS:
        raise UsageError(f"there is no kind {kind_name!r}", hint=f"known: {', '.join(KINDS)}")
    check_temp_folder()
    config = find_config(connection.config)
    for level, text in notes_on_config(connection.config, options.manifest):
        if level != "info":
            err(f"{level}: {plain(text)}")
    kinds = list(KINDS) if kind_name is None else [kind_name]
    path = find_manifest(options.manifest, "validate", config, kinds)
    manifest = read_manifest(
        path, options.format_name, allow_outside_source=options.allow_outside_source
    )
    kind = KINDS[kind_name] if kind_name is not None else _kind_of(manifest, config)
    check_list(kind, manifest)
    invalid: list[Invalid] = []
    tell = _printer(manifest) if not options.json else invalid.append
    rehearsal = _rehearsed(manifest, kind, options, config, _only_rejected(tell))
    tally = rehearsal.tally
    if options.json:
        json_out(_document(manifest, kind, rehearsal, invalid))
    else:
        good = tally.read - tally.invalid
        out(
            f"{plain(name_of(manifest.path))} as {kind.name}: {amount(tally.read, 'record')},"
            f" {good:,} good, {tally.invalid:,} invalid"
        )
    return EXIT_TROUBLE if tally.invalid else 0


def _kind_of(manifest: Manifest, config: Config) -> Kind:
    """Tell the kind by list of records, configuration, name of the file, else by its fields."""
    listed, path = manifest.header.list_key, manifest.path
    told = [kind for kind in KINDS.values() if kind.list_key == listed]
    told = told or [
        kind
        for kind in KINDS.values()
        if config.file(config.command(kind.name).get("manifest")) == path
    ]
    told = told or [kind for kind in KINDS.values() if path.name.startswith(kind.name)]
    return told[0] if len(told) == 1 else KINDS[_kind_by_fields(manifest)]


def _kind_by_fields(manifest: Manifest) -> str:
    fields = manifest.header.map
    if fields is None:
        with closing(manifest.records()) as records:
            first = Mapping(external_id="x", fields=None).entry_from(next(records, Record(0, b"")))
        fields = first.fields if isinstance(first, Entry) else {}
    if "asset" in fields:
        return "media-library"
    # Images and files differ in what the server fetches, not in what their entries must have.
    return "images" if "mediaType" in fields else "videos"


def _rehearsed(
    manifest: Manifest, kind: Kind, options: ImportOptions, config: Config, listen: Listener
) -> Rehearsal:
    is_named = options.system_name or manifest.header.system_name
    if not is_named and not kind.has_own_ids:
        # A file of records has no header; what it will be imported under is no problem of it.
        options = replace(options, system_name=config.command(kind.name).get("systemName", "-"))
    settings = settle_settings(
        options, manifest.header, config, kind.name, needs_system_name=not kind.has_own_ids
    )
    head, tail = kind.envelope(
        settings.system_name, webhook=settings.webhook, context=settings.context
    )
    around = len(head) + len(tail)
    # Against an empty ledger every record is looked at.
    nothing = SqliteLedger(Path(":memory:"), Target("", "", kind.name), read_only=True)
    with (
        closing(nothing) as ledger,
        closing(SeenKeys()) as seen,
        closing(manifest.records()) as records,
    ):
        return rehearse(
            records,
            records_file=str(manifest.records_path),
            planner=Planner(
                mapping=mapping_of(kind, settings, options, manifest),
                kind=kind,
                system_name=settings.system_name,
                ledger=ledger,
                seen=seen,
                rules=rules_of(options, settings, largest_item_bytes=settings.batch_bytes - around),
            ),
            cutter=Cutter(settings.batch_size, settings.batch_bytes, around),
            envelope=(head, tail),
            listen=listen,
            share_read=manifest.position,
        )


def _only_rejected(tell: Callable[[Invalid], None]) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, Rejected):
            tell(event.record)

    return listen


def _printer(manifest: Manifest) -> Callable[[Invalid], None]:
    where = plain(name_of(manifest.records_path))

    def tell(one: Invalid) -> None:
        name = f" ({plain(one.external_id)})" if one.external_id else ""
        for problem in one.problems:
            out(f"{where}:{one.line}{name}: {plain(problem.text)}")

    return tell


def _document(
    manifest: Manifest, kind: Kind, rehearsal: Rehearsal, invalid: list[Invalid]
) -> dict[str, Any]:
    return {
        "manifest": str(manifest.path),
        "kind": kind.name,
        "read": rehearsal.tally.read,
        "invalid": rehearsal.tally.invalid,
        "problems": [
            {
                "file": str(manifest.records_path),
                "line": one.line,
                "externalId": one.external_id,
                "field": problem.field,
                "text": problem.text,
            }
            for one in invalid
            for problem in one.problems
        ],
    }
