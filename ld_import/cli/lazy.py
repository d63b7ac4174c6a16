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

# Words of other programs for what the commands named after kinds do.
IMPORT_WORDS = ("import", "upload", "run", "send", "push", "sync", "migrate")


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

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command. Raises a usage error that suggests one for an unknown name."""
        if args and not args[0].startswith("-") and args[0] not in self.registry:
            ctx.fail(_unknown_command(args[0], ctx.command_path, list(self.registry)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write names and summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in self.registry.items()])


def _unknown_command(name: str, program: str, known: list[str]) -> str:
    from ld_import.wording import did_you_mean

    if name.lower() in IMPORT_WORDS and "videos" in known:
        return (
            f"There is no command {name!r}: a kind of media is the command that imports it, as"
            f" in `{program} videos MANIFEST`."
        )
    if "." in name or "/" in name:
        return f"{name!r} is not a command; name the command first: {program} {known[0]} {name}"
    return f"There is no command {name!r}; {did_you_mean(name, known)}"


def lazy_app(registry: Mapping[str, LazyCommand], **settings: Any) -> typer.Typer:
    """Return an app with the commands of a registry."""
    group = type("Commands", (LazyGroup,), {"registry": registry})
    return typer.Typer(cls=group, no_args_is_help=True, rich_markup_mode=None, **settings)
