"""`ld-import ledger verify`: the ledger against the server; changes neither of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ld_import.cli.options import (
    ImportFlags,
    JsonFlags,
    ManifestFlags,
    ServerFlags,
    TargetFlags,
    command_flags,
    command_of,
    copy_flags,
)
from ld_import.errors import UsageError

# Imported when a ledger is verified: `--help` does not need them.
if TYPE_CHECKING:
    from ld_import.cli.config.file import Config
    from ld_import.importer.spec import ImportSpec
    from ld_import.importer.verify import VerifySpec


@command_flags
class VerifyFlags(JsonFlags, TargetFlags, ServerFlags, ManifestFlags):
    """The flags of `ledger verify`; it has one target, so that there is no `--all-targets`."""

    manifest: Annotated[
        Path | None,
        typer.Argument(
            metavar="MANIFEST",
            readable=False,
            help="Manifest of the import: shows the sent values, and the records that the ledger"
            " does not know. [default: none]",
            show_default=False,
        ),
    ] = None
    external_id: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Jinja template of the externalId, as in the import. [default: from the manifest]",
        ),
    ] = None
    files: Annotated[
        bool,
        typer.Option(
            "--files",
            help="Also ask for the stored file of each entry: by its URL, and for an image that is"
            " not public by the server.",
        ),
    ] = False
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", help="Verify N items only, drawn at random.", min=1),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="NUMBER", help="Draw the sample of an earlier call again."),
    ] = None
    max_rate: Annotated[
        float | None, typer.Option(metavar="N", help="Maximum requests per second.", min=0.001)
    ] = None
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Begin again instead of continuing a stopped call."),
    ] = False
    all_targets: bool = False


def verify(flags: VerifyFlags) -> int:
    """Compare the ledger with the server; return 3 if anything differs, else 0."""
    from ld_import.cli.config.url_checks import proxy_finder
    from ld_import.cli.output.console import json_out, print_event
    from ld_import.cli.output.verification import print_verification, verify_progress
    from ld_import.cli.signals import Signals
    from ld_import.clock import SystemClock
    from ld_import.importer.checks import check_rate
    from ld_import.importer.verify import VerifyEnvironment, verify_ledger

    check_rate(flags.max_rate)
    if flags.seed is not None and flags.sample is None:
        raise UsageError("--seed needs --sample", hint="add --sample N, or omit it")
    clock = SystemClock()
    with Signals().installed() as signals, signals.raising():
        spec = _spec(flags)
        environment = VerifyEnvironment(clock=clock, interrupts=signals, proxy_for=proxy_finder())
        with verify_progress(clock) as watch:
            result = verify_ledger(spec, print_event, watch, environment=environment)
    if flags.json:
        json_out(result.document())
    else:
        print_verification(result, spec)
    return result.exit_code


command = command_of(VerifyFlags, verify)


def _spec(flags: VerifyFlags) -> VerifySpec:
    from ld_import.cli.commands.ledger.reading import reading
    from ld_import.cli.config.file import find_config
    from ld_import.cli.config.server import find_server, with_credentials
    from ld_import.cli.output.sanitize import REDACTOR
    from ld_import.importer.verify import VerifySpec
    from ld_import.model import Target

    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    # The server is named by the user: the token must not go to one that only a ledger names.
    server = find_server(flags, profile, config)
    with reading(replace(flags, server=server.url)) as (reader, chosen):
        path = reader.path
    target = Target(chosen.server or "", chosen.project or "", chosen.kind or "")
    return VerifySpec(
        server=with_credentials(server, flags, profile, config),
        target=target,
        ledger_path=path,
        system_name=flags.system_name,
        files=flags.files,
        sample=flags.sample,
        seed=flags.seed,
        max_rate=flags.max_rate,
        is_restarted=flags.restart,
        manifest=_manifest(flags, target.kind, config),
        redactor=REDACTOR,
    )


def _manifest(flags: VerifyFlags, kind: str, config: Config) -> ImportSpec | None:
    from ld_import.cli.config.resolve_validation import UNNAMED_SYSTEM, resolve_validation
    from ld_import.importer.checks import check_system_name

    if flags.manifest is None:
        return None
    spec = resolve_validation(copy_flags(flags, ImportFlags), kind, config)
    if spec.system_name == UNNAMED_SYSTEM:
        check_system_name("", is_needed=True)
    return spec
