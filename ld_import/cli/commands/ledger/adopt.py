"""`ld-import ledger adopt`: rows for entries that the server has already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.commands.ledger.changing import (
    ConfirmFlags,
    LookUpFlags,
    RequestFlags,
    check_confirmed,
)
from ld_import.cli.options import (
    IdentityFlags,
    ImportFlags,
    ImportLedgerFlags,
    JsonFlags,
    KindFlags,
    ManifestFlags,
    ServerFlags,
    command_flags,
    command_of,
    copy_flags,
)
from ld_import.cli.output.console import (
    counts,
    error_lines,
    json_out,
    print_err,
    print_event,
    print_out,
)
from ld_import.cli.output.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ld_import.clock import Clock
    from ld_import.importer.adopt import AdoptResult
    from ld_import.importer.spec import ImportSpec

SHOWN_DIFFERENCES = 10


@command_flags
class AdoptFlags(
    ConfirmFlags,
    JsonFlags,
    LookUpFlags,
    RequestFlags,
    ImportLedgerFlags,
    IdentityFlags,
    KindFlags,
    ServerFlags,
    ManifestFlags,
):
    """The flags of `ledger adopt`."""

    accept_new_ids: Annotated[
        bool,
        typer.Option(
            "--accept-new-ids", help="Adopt even if ids differ from those of earlier imports."
        ),
    ] = False
    random_ids: Annotated[
        bool,
        typer.Option("--random-ids", help="The server chose the media ids (media-library only)."),
    ] = False


def adopt_entries(flags: AdoptFlags) -> int:
    """Look up the records of a manifest; return 3 if an entry differs or a record is invalid."""
    from ld_import.cli.config.resolve_adoption import resolve_any_kind
    from ld_import.cli.signals import Signals
    from ld_import.clock import SystemClock
    from ld_import.importer.adopt import adopt
    from ld_import.importer.run import RunEnvironment
    from ld_import.tempdir import check_temp_folder

    check_confirmed(flags)
    check_temp_folder()
    clock = SystemClock()
    with Signals().installed() as signals, signals.raising():
        resolution = resolve_any_kind(copy_flags(flags, ImportFlags), flags.kind)
        spec = replace(resolution.spec, server=resolution.authorized_server())
        with _progress(spec, clock) as on_progress:
            result = adopt(
                spec,
                print_event,
                is_dry_run=flags.dry_run,
                on_progress=on_progress,
                environment=RunEnvironment(clock=clock, interrupts=signals),
            )
    return _shown(result, flags)


command = command_of(AdoptFlags, adopt_entries)


def _progress(spec: ImportSpec, clock: Clock) -> Any:
    from contextlib import contextmanager

    from ld_import.cli.output.step_progress import rate_parts, step_progress
    from ld_import.importer.adoption import AdoptProgress

    @contextmanager
    def shown() -> Any:
        began = clock.monotonic()
        with step_progress("adopt", clock) as note:

            def on_progress(progress: AdoptProgress) -> None:
                found = progress.counts
                done = sum(found[name] for name in ("adopted", "different", "missing"))
                note(
                    [
                        (f"{done:,} looked up", "", 9),
                        (f"{found['adopted']:,} adopted", "green", 8),
                        (f"{found['different']:,} different", "yellow", 7),
                        (f"{found['missing']:,} missing", "", 5),
                        *rate_parts(clock.monotonic() - began, done, progress.share_read),
                    ]
                )

            yield on_progress

    return shown()


def _shown(result: AdoptResult, flags: AdoptFlags) -> int:
    from ld_import.pipeline.planning.chunk import not_in_manifest_sentence

    if result.not_in_manifest:
        print_err(f"warning: {sanitize(not_in_manifest_sentence(result.not_in_manifest))}")
    if flags.json:
        json_out(result.summary)
    else:
        _print(result.summary)
    if result.error is not None:
        error_lines(str(result.error), result.error.hint)
    return result.exit_code


def _print(summary: Mapping[str, Any]) -> None:
    would = "would be adopted" if summary["dryRun"] else "adopted: recorded as success"
    counts(
        f"{summary['kind']} on {summary['target']}: {summary['read']:,} records read",
        [
            row
            for row in (
                (f"{would}, all that entries show is equal", summary["adopted"]),
                (
                    "different: recorded as skipped, the server keeps other content",
                    summary["different"],
                ),
                ("missing on the server: the next import sends them", summary["missing"]),
                ("known to the ledger before", summary["known"]),
                ("archived by an undo: left", summary["archived"]),
                ("repeated lines", summary["repeated"]),
                ("invalid: `ld-import validate` lists them", summary["invalid"]),
                ("not looked up (--limit, --only)", summary["notLookedUp"]),
            )
            if row[1]
        ],
    )
    _print_differences(summary)


def _print_differences(summary: Mapping[str, Any]) -> None:
    differences = summary["differences"]
    for each in differences[:SHOWN_DIFFERENCES]:
        fields = ", ".join(each["fields"])
        print_out(f"  line {each['line']}  {sanitize(each['externalId'])}: {sanitize(fields)}")
    if more := summary["different"] - min(len(differences), SHOWN_DIFFERENCES):
        print_out(f"  and {more:,} more")
    if summary["different"]:
        print_err(
            "hint: an import leaves these entries as they are; with --on-existing patch it sets"
            " the properties that differ"
        )
