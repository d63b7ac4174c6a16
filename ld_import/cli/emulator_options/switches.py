"""`--set NAME=VALUE` and `--switches`: the settings of the emulator, their types and meanings."""

from __future__ import annotations

import dataclasses
import math
import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.cli.output.console import console, table
from ld_import.errors import UsageError
from ld_import.wording import did_you_mean

if TYPE_CHECKING:
    from rich.table import Table

# Settings with a flag of their own.
NOT_SWITCHES = ("tokens", "project_config")
COLUMNS = ("switch", "type", "default", "meaning")
# Below this width the four columns of a table are too narrow.
WIDE_COLUMNS = 100
_BOOLEANS = {"yes": True, "no": False, "true": True, "false": False}


@dataclasses.dataclass(frozen=True, slots=True)
class SwitchRow:
    """A switch in words: its name, the type of its value, its default and its meaning."""

    switch: str
    type: str
    default: str
    meaning: str


def switch_rows() -> Iterator[SwitchRow]:
    """Yield all switches, in the order of the settings."""
    from ld_import.emulator import Settings

    defaults = Settings()
    for name, annotation in _switches().items():
        wanted, switch = typing.get_args(annotation)
        yield SwitchRow(
            switch=name,
            type=_type_in_words(wanted, switch.unit),
            default=_in_words(getattr(defaults, name)),
            meaning=switch.meaning,
        )


def print_switches() -> None:
    """Print all switches: as a table on a terminal, and tab-separated to a pipe or file."""
    if sys.stdout.isatty():
        terminal = console()
        terminal.print(switch_table(terminal.width))
    else:
        table(COLUMNS, map(dataclasses.asdict, switch_rows()))


def switch_table(width: int) -> Table:
    """Return the switches as a table; a narrow one has type and default above the meaning."""
    from rich.table import Table
    from rich.text import Text

    is_wide = width >= WIDE_COLUMNS
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in COLUMNS if is_wide else ("switch", "type, default and meaning"):
        most = width // 5 if column in ("type", "default") else None
        grid.add_column(column, no_wrap=column == "switch", overflow="fold", max_width=most)
    for row in switch_rows():
        if is_wide:
            grid.add_row(*map(Text, dataclasses.astuple(row)))
        else:
            values = f"{row.type}; default: {row.default}\n{row.meaning}\n"
            grid.add_row(Text(row.switch), Text(values))
    return grid


def switch_values(switches: Sequence[str]) -> dict[str, Any]:
    """Return the settings of `NAME=VALUE` texts; the last one of a name counts.

    Raises UsageError.
    """
    annotations = _switches()
    values: dict[str, Any] = {}
    for text in switches:
        name, sign, value = text.partition("=")
        name = name.replace("-", "_")
        if not sign or name not in annotations:
            raise UsageError(
                f"--set {text!r} does not name a switch of the emulator",
                hint=f"write NAME=VALUE; {did_you_mean(name, list(annotations))};"
                " `ld-import emulator --switches` explains them",
            )
        values[name] = _value_from(name, value, *typing.get_args(annotations[name]))
    return values


def _switches() -> dict[str, Any]:
    from ld_import.emulator import Settings

    annotations = typing.get_type_hints(Settings, include_extras=True)
    return {name: found for name, found in annotations.items() if name not in NOT_SWITCHES}


def _value_from(name: str, text: str, wanted: Any, switch: Any) -> Any:
    try:
        return _parsed(text, wanted)
    except (ValueError, KeyError):
        raise UsageError(
            f"--set {name}={text}: the value must be: {_type_in_words(wanted, switch.unit)}",
            hint="`ld-import emulator --switches` explains the switches",
        ) from None


def _parsed(text: str, wanted: Any) -> Any:
    origin, options = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is typing.Literal:
        return {option: option for option in options}[text]
    if origin is UnionType:
        return None if text in ("", "none") else _finite(options[0](text))
    if wanted is bool:
        return _BOOLEANS[text.lower()]
    if origin is tuple:
        return tuple(filter(None, text.split(",")))
    if origin is Mapping:
        return _texts_from(text)
    return _finite(wanted(text))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value


def _texts_from(text: str) -> dict[str, str]:
    parsed = orjson.loads(text)
    if not isinstance(parsed, dict) or not all(isinstance(part, str) for part in parsed.values()):
        raise ValueError
    return parsed


def _type_in_words(wanted: Any, unit: str) -> str:
    origin, options = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is typing.Literal:
        return f"one of {', '.join(options)}"
    if origin is UnionType:
        return f"{_type_in_words(options[0], unit)}, or none"
    if origin is tuple:
        return "list of texts, separated by commas"
    if origin is Mapping:
        return "JSON object of texts"
    words = {bool: "yes/no", int: "whole number", float: "number", str: "text"}[wanted]
    return f"{words} of {unit}" if unit else words


def _in_words(value: Any) -> str:
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
