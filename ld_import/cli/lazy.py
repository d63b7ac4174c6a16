"""A group of commands that imports a command only when it is called, not to list it.

https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command: the module that defines it as `command`, and its summary in `--help`."""

    module: str
    help: str

    def load(self, name: str) -> Any:
        """Import the module and return its command, as a Click command."""
        command = import_module(self.module).command
        if isinstance(command, typer.Typer):
            return get_group(command)
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, help=self.help)(command)
        return get_command(app)


class LoadedCommands(Mapping[str, Any]):
    """Commands by name, each imported on first access."""

    def __init__(self, registry: Mapping[str, LazyCommand]) -> None:
        """Keep the registry; import nothing yet."""
        self._registry = registry
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a command."""
        if name not in self._loaded:
            self._loaded[name] = self._registry[name].load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names, in the order of the registry."""
        return iter(self._registry)

    def __len__(self) -> int:
        """Return the number of commands."""
        return len(self._registry)


class LazyGroup(TyperGroup):
    """A group with the commands of a registry.

    Building every command's parameters costs a third of the start-up time; `--help` needs only
    names and summaries.
    """

    registry: ClassVar[Mapping[str, LazyCommand]] = {}

    def __init__(self, **attributes: Any) -> None:
        """Use the commands of the registry instead of those of the Typer app."""
        super().__init__(**attributes)
        self.commands = LoadedCommands(self.registry)  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the registry."""
        return list(self.registry)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write names and summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in self.registry.items()])


def lazy_app(registry: Mapping[str, LazyCommand], **settings: Any) -> typer.Typer:
    """Return an app with the commands of a registry."""
    group = type("Commands", (LazyGroup,), {"registry": registry})
    return typer.Typer(cls=group, no_args_is_help=True, rich_markup_mode=None, **settings)
