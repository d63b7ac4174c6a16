"""A group of commands that imports a command only when it is called, not to list it.

https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

# The heading of commands without a theme.
OTHER_COMMANDS = "Other commands"


class LazyCommand(NamedTuple):
    """A command: the module that defines it as `command`, and its summary in `--help`."""

    module: str
    help: str

    def load(self, name: str) -> Any:
        """Import the module and return its command, as a Click command."""
        from ld_import.cli.themed import ThemedCommand

        command = import_module(self.module).command
        if isinstance(command, typer.Typer):
            return get_group(command)
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, cls=ThemedCommand, help=self.help)(command)
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
    """A group with the commands of a registry, listed by theme.

    Building every command's parameters costs a third of the start-up time; `--help` and the
    completion of names need only names and summaries.
    """

    registry: ClassVar[Mapping[str, LazyCommand]] = {}
    themes: ClassVar[Mapping[str, Sequence[str]]] = {}

    def __init__(self, **attributes: Any) -> None:
        """Use the commands of the registry instead of those of the Typer app."""
        super().__init__(**attributes)
        self.commands = LoadedCommands(self.registry)  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the registry."""
        return list(self.registry)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command. Raises a usage error that suggests one for an unknown name."""
        is_unknown = bool(args) and not args[0].startswith("-") and args[0] not in self.registry
        if is_unknown and ctx.resilient_parsing:
            return None, None, args[1:]
        if is_unknown:
            from ld_import.cli.suggestions import unknown_command

            ctx.fail(unknown_command(args[0], args[1:], ctx.command_path, list(self.registry)))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the names and options that begin with a text, without importing a command."""
        from ld_import.cli.completion.items import item

        options = super(TyperGroup, self).shell_complete(ctx, incomplete)
        named = [
            item(name, lazy.help)
            for name, lazy in self.registry.items()
            if name.startswith(incomplete)
        ]
        return named + options

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write names and summaries, by theme."""
        width = max(map(len, self.registry))
        for theme, names in self._by_theme().items():
            with formatter.section(theme):
                formatter.write_dl(
                    [(name.ljust(width), self.registry[name].help) for name in names]
                )

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write examples, then the last paragraph."""
        from ld_import.cli.themed import write_examples

        write_examples(ctx.command_path, formatter)
        super().format_epilog(ctx, formatter)

    def _by_theme(self) -> dict[str, list[str]]:
        if not self.themes:
            return {"Commands": list(self.registry)}
        themed = {
            theme: [name for name in names if name in self.registry]
            for theme, names in self.themes.items()
        }
        known = {name for names in themed.values() for name in names}
        themed[OTHER_COMMANDS] = [name for name in self.registry if name not in known]
        return {theme: names for theme, names in themed.items() if names}


def lazy_app(
    registry: Mapping[str, LazyCommand],
    themes: Mapping[str, Sequence[str]] | None = None,
    **settings: Any,
) -> typer.Typer:
    """Return an app with the commands of a registry; `themes` are headings with their commands."""
    group = type("Commands", (LazyGroup,), {"registry": registry, "themes": themes or {}})
    return typer.Typer(cls=group, no_args_is_help=True, rich_markup_mode=None, **settings)
