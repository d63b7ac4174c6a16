"""`ld-import validate`: every problem of a manifest, by the same code that would import it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ld_import.cli.config import Config, find_config
from ld_import.cli.find import find_manifest
from ld_import.cli.options import Connection, ImportOptions
from ld_import.cli.settings import rules_of, settle_settings
from ld_import.cli.show import json_out, out
from ld_import.cli.tell import EXIT_TROUBLE
from ld_import.cli.text import amount, plain
from ld_import.errors import UsageError
from ld_import.events import Event, Listener, Rejected
from ld_import.kinds import KINDS
from ld_import.kinds.base import Kind
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.manifest import Manifest, Mapping, open_manifest
from ld_import.model import Invalid, Target
from ld_import.pipeline.cut import Cutter
from ld_import.pipeline.plan import Planner
from ld_import.pipeline.rehearse import Rehearsal, rehearse


def validate_manifest(kind_name: str | None, options: ImportOptions, connection: Connection) -> int:
    """Show all that is wrong with a manifest; return 3 if anything is, else 0."""
    folders = [options.manifest.parent] if options.manifest is not None else []
    config = find_config(connection.config, [*folders, Path()])
    path = find_manifest(options.manifest, kind_name or "videos", config)
    manifest = open_manifest(path)
    kind = _kind_of(kind_name, manifest)
    invalid: list[Invalid] = []
    tell = _printer(manifest) if not options.json else invalid.append
    rehearsal = _rehearsed(manifest, kind, options, config, _only_rejected(tell))
    tally = rehearsal.tally
    if options.json:
        json_out(_document(manifest, kind, rehearsal, invalid))
    else:
        good = tally.read - tally.invalid
        out(
            f"{plain(manifest.path)}: {amount(tally.read, 'record')}, {good:,} good,"
            f" {tally.invalid:,} invalid"
        )
    return EXIT_TROUBLE if tally.invalid else 0


def _kind_of(kind_name: str | None, manifest: Manifest) -> Kind:
    if kind_name is not None and kind_name not in KINDS:
        raise UsageError(f"there is no kind {kind_name!r}", hint=f"known: {', '.join(KINDS)}")
    listed = manifest.header.list_key
    by_list = next((kind for kind in KINDS.values() if kind.list_key == listed), None)
    by_name = next(
        (kind for kind in KINDS.values() if manifest.path.name.startswith(kind.name)), None
    )
    chosen = KINDS[kind_name] if kind_name else by_list or by_name
    if chosen is None and len(KINDS) == 1:
        chosen = next(iter(KINDS.values()))
    if chosen is None:
        raise UsageError(
            f"{manifest.path} does not tell its kind", hint=f"--kind with one of {', '.join(KINDS)}"
        )
    return chosen


def _rehearsed(
    manifest: Manifest, kind: Kind, options: ImportOptions, config: Config, listen: Listener
) -> Rehearsal:
    if not (options.system_name or manifest.header.system_name):
        # A file of records has no header; what it will be imported under is no problem of it.
        options = replace(options, system_name=config.command(kind.name).get("systemName", "-"))
    settings = settle_settings(options, manifest.header, config, kind.name)
    head, tail = kind.envelope(
        settings.system_name, webhook=settings.webhook, context=settings.context
    )
    around = len(head) + len(tail)
    seen = SeenKeys()
    # Against an empty ledger every record is looked at.
    ledger = SqliteLedger(Path(":memory:"), Target("", "", kind.name), read_only=True)
    rehearsal = rehearse(
        manifest.records(),
        records_file=str(manifest.records_path),
        planner=Planner(
            mapping=Mapping(external_id=settings.external_id, fields=manifest.header.map),
            kind=kind,
            system_name=settings.system_name,
            ledger=ledger,
            seen=seen,
            rules=rules_of(options, largest_item_bytes=settings.batch_bytes - around),
        ),
        cutter=Cutter(settings.batch_size, settings.batch_bytes, around),
        envelope=(head, tail),
        listen=listen,
        share_read=manifest.position,
    )
    seen.close()
    ledger.close()
    return rehearsal


def _only_rejected(tell: Callable[[Invalid], None]) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, Rejected):
            tell(event.record)

    return listen


def _printer(manifest: Manifest) -> Callable[[Invalid], None]:
    where = plain(manifest.records_path)

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
