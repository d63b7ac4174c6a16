"""`ld-import emulator`: a local server in the foreground, configured by flags."""

from __future__ import annotations

import dataclasses
import os
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from ld_import.cli.emulator_options.project_file import invalid_project, read_project_config
from ld_import.cli.emulator_options.switches import print_switches, switch_values
from ld_import.cli.options import command_flags, command_of
from ld_import.cli.output.console import print_err
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.small_file import read_small

if TYPE_CHECKING:
    from ld_import.emulator import Emulator, Fault, Settings

LARGEST_FAULTS_BYTES = 8_000_000


@command_flags
class EmulatorFlags:
    """The flags of `emulator`."""

    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(metavar="PORT", help="Port; 0 selects a free one.")] = 9090
    store: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="SQLite file for its data. [default: in memory]"),
    ] = None
    token: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOKEN", help="Token to accept; may be repeated. [default: demo-token]"
        ),
    ] = None
    faults: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="JSON file with a list of faults to produce."),
    ] = None
    project_config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Project configuration to serve and to enforce, as JSON or YAML. [default: none]",
        ),
    ] = None
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set a switch; may be repeated. --switches lists them.",
        ),
    ] = None
    switches: Annotated[bool, typer.Option("--switches", help="Explain the switches.")] = False


def run_emulator(flags: EmulatorFlags) -> int:
    """Serve until a signal, or list the switches."""
    if flags.switches:
        import_emulator()
        print_switches()
    else:
        _serve(flags, flags.token or ["demo-token"])
    return 0


command = command_of(EmulatorFlags, run_emulator)


def _serve(flags: EmulatorFlags, tokens: Sequence[str]) -> None:
    import asyncio

    host, port = flags.host, flags.port
    emulator_package = import_emulator()
    if not host.isprintable() or " " in host:
        raise UsageError(
            f"--host {host!r} is not a host name", hint="use a name or address of this machine"
        )
    emulator = _emulator_from(flags, settings_from(flags.switch or (), tokens))
    emulator.script(*_faults_from(flags.faults))

    def ready(actual_port: int) -> None:
        name = f"[{host}]" if ":" in host else host
        address = sanitize(f"http://{name}:{actual_port}, token {tokens[0]}")
        print_err(f"listening on {address}; stop it with Ctrl-C")

    try:
        asyncio.run(emulator_package.serve.serve(emulator, host, port, ready))
    except (OSError, OverflowError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}", hint="choose another --port"
        ) from None
    except KeyboardInterrupt:
        pass
    finally:
        emulator.close()


def _emulator_from(flags: EmulatorFlags, settings: Settings) -> Emulator:
    from ld_import.emulator import Emulator, InvalidProjectConfig

    path = flags.project_config
    if path is not None:
        settings = dataclasses.replace(settings, project_config=read_project_config(path))
    try:
        return Emulator(settings, store_path=flags.store)
    except InvalidProjectConfig as error:
        raise invalid_project(typing.cast("Path", path), error) from None
    except OSError as error:
        raise UsageError(
            f"--store {flags.store} cannot be used: {error}", hint="name another file"
        ) from None


def import_emulator() -> Any:
    """Return the emulator package. Raises UsageError if its libraries are not installed."""
    try:
        import ld_import.emulator
        import ld_import.emulator.serve
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the emulator needs {error.name}, which is not installed",
            hint="run: pip install 'ld-import[emulator]'",
        ) from None
    return ld_import.emulator


def settings_from(switches: Sequence[str], tokens: Sequence[str]) -> Settings:
    """Return the emulator's settings from `NAME=VALUE` texts. Raises UsageError."""
    emulator_package = import_emulator()
    accepted = {token: emulator_package.Token() for token in tokens}
    settings = emulator_package.Settings(tokens=accepted, **switch_values(switches))
    return typing.cast("Settings", settings)


def _faults_from(path: Path | None) -> list[Fault]:
    if path is None:
        return []
    emulator_package = import_emulator()
    hint = 'write a JSON list such as [{"on": "POST import/videos", "action": "drop_after"}]'
    try:
        faults = orjson.loads(read_small(path, limit=LARGEST_FAULTS_BYTES))
        if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
            raise ValueError("it is not a list of faults")
        return [emulator_package.Fault.from_dict(fault) for fault in faults]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint=hint) from None
