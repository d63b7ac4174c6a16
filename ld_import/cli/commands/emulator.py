"""`ld-import emulator`: the local server in the foreground, its switches taken from flags."""

from __future__ import annotations

import dataclasses
import os
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from ld_import.cli.options import command_of
from ld_import.cli.output.console import print_err, print_out, table
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError
from ld_import.small_file import read_small

if TYPE_CHECKING:
    from ld_import.emulator import Fault, Settings

NOT_SWITCHES = ("tokens",)
LARGEST_FAULTS_BYTES = 8_000_000


@dataclass(frozen=True, kw_only=True)
class EmulatorFlags:
    """The flags of `emulator`."""

    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(metavar="PORT", help="Port; 0 takes a free one.")] = 9090
    store: Annotated[
        Path | None, typer.Option(metavar="PATH", help="SQLite file to keep. [default: memory]")
    ] = None
    token: Annotated[
        list[str] | None,
        typer.Option(metavar="TOKEN", help="Token to accept. [default: demo-token]"),
    ] = None
    faults: Annotated[
        Path | None, typer.Option(metavar="PATH", help="JSON list of faults, a script of trouble.")
    ] = None
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Switch NAME=VALUE; --switches lists them."
        ),
    ] = None
    switches: Annotated[bool, typer.Option("--switches", help="List the switches.")] = False


def run_emulator(flags: EmulatorFlags) -> int:
    """Serve until a signal says stop, or list the switches."""
    if flags.switches:
        list_switches()
    else:
        _serve(flags, flags.token or ["demo-token"])
    return 0


command = command_of(EmulatorFlags, run_emulator)


def _serve(flags: EmulatorFlags, tokens: Sequence[str]) -> None:
    import asyncio

    host, port = flags.host, flags.port
    room = import_emulator()
    if not host.isprintable() or " " in host:
        raise UsageError(f"{host!r} is not a name of a host", hint="give another --host")
    settings = settings_from(flags.switch or (), tokens)
    try:
        emulator = room.Emulator(settings, store_path=flags.store)
    except OSError as error:
        raise UsageError(
            f"--store {flags.store} cannot be used: {error}", hint="name another"
        ) from None
    emulator.script(*_faults_from(flags.faults))

    def ready(actual_port: int) -> None:
        name = f"[{host}]" if ":" in host else host
        place = sanitize(f"http://{name}:{actual_port}, token {tokens[0]}")
        print_err(f"listening on {place}; stop it with Ctrl-C")

    try:
        asyncio.run(room.serve.serve(emulator, host, port, ready))
    except (OSError, OverflowError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}", hint="give another --port"
        ) from None
    except KeyboardInterrupt:
        pass
    finally:
        emulator.close()


def import_emulator() -> Any:
    """Return the emulator's room; UsageError where its libraries are not installed."""
    try:
        import ld_import.emulator
        import ld_import.emulator.serve
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the emulator needs {error.name}, which is not installed",
            hint="pip install 'ld-import[emulator]'",
        ) from None
    return ld_import.emulator


def list_switches() -> None:
    """Print every switch with its type and default."""
    room = import_emulator()
    hints = typing.get_type_hints(room.Settings)
    rows = [
        {
            "switch": one.name,
            "type": _type_name(hints[one.name]),
            "default": orjson.dumps(_default_of(one), default=str).decode(),
        }
        for one in dataclasses.fields(room.Settings)
        if one.name not in NOT_SWITCHES
    ]
    table(("switch", "type", "default"), rows)
    print_out("\nwhat they do: python -c 'import ld_import.emulator as e; help(e.Settings)'")


def settings_from(switches: Sequence[str], tokens: Sequence[str]) -> Settings:
    """Make the emulator's settings of `NAME=VALUE` texts. Raises UsageError."""
    room = import_emulator()
    hints = typing.get_type_hints(room.Settings)
    values: dict[str, Any] = {"tokens": {token: room.Token() for token in tokens}}
    for switch in switches:
        name, sign, text = switch.partition("=")
        name = name.replace("-", "_")
        if not sign or name not in hints or name in NOT_SWITCHES:
            raise UsageError(
                f"{switch!r} sets no switch of the emulator",
                hint="write NAME=VALUE; `ld-import emulator --switches` lists them",
            )
        values[name] = _value_from(name, text, hints[name])
    return typing.cast("Settings", room.Settings(**values))


def _value_from(name: str, text: str, wanted: Any) -> Any:
    origin, options = typing.get_origin(wanted), typing.get_args(wanted)
    try:
        if origin is typing.Literal:
            if text not in options:
                raise ValueError
            return text
        if origin is UnionType:
            return None if text in ("", "none") else options[0](text)
        if wanted is bool:
            return {"true": True, "false": False}[text.lower()]
        if origin is tuple:
            return tuple(filter(None, text.split(",")))
        if origin is Mapping:
            return _mapping_from(text)
        return wanted(text)
    except (ValueError, KeyError):
        raise UsageError(
            f"{text!r} is no value for {name} ({_type_name(wanted)})",
            hint="`ld-import emulator --switches` lists them",
        ) from None


def _mapping_from(text: str) -> dict[str, str]:
    parsed = orjson.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError
    return parsed


def _type_name(wanted: Any) -> str:
    options = typing.get_args(wanted)
    if typing.get_origin(wanted) is typing.Literal:
        return "|".join(map(str, options))
    if typing.get_origin(wanted) is Mapping:
        return "JSON object"
    return getattr(wanted, "__name__", None) or str(wanted)


def _default_of(one: dataclasses.Field[Any]) -> Any:
    if one.default is not dataclasses.MISSING:
        return one.default
    return one.default_factory() if one.default_factory is not dataclasses.MISSING else None


def _faults_from(path: Path | None) -> list[Fault]:
    if path is None:
        return []
    room = import_emulator()
    hint = 'write a JSON list such as [{"on": "POST import/videos", "action": "drop_after"}]'
    try:
        listed = orjson.loads(read_small(path, limit=LARGEST_FAULTS_BYTES))
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise ValueError("it is no list of faults")
        return [room.Fault.from_dict(one) for one in listed]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint=hint) from None
