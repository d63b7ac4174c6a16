"""The commands as `--help` lists them: a name and a sentence each; the rest is made when called.

To take in what all commands can be given takes a third of a start, and a list needs none of it.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

MEDIA_LIBRARY = "media-library"
IMPORTS = {
    "videos": "Import videos: the server fetches each by its URL.",
    "images": "Import images: the server fetches each by its URL.",
    "files": "Import files: the server fetches each by its URL.",
    MEDIA_LIBRARY: "Register media that lie in the storage already.",
}
COMMANDS = {
    **IMPORTS,
    "validate": "Show every problem of a manifest at once.",
    "status": "Show an import job, and our items of it.",
    "emulator": "Run a local Livingdocs server for rehearsals.",
    "demo": "Import samples into a local server, twice.",
    "ledger": "Read the memory of all imports; changes nothing.",
}


def add_commands(app: typer.Typer) -> None:
    """Give the program its commands, in the order `--help` lists them."""
    for name, what in COMMANDS.items():
        app.command(name, help=what, cls=Later)(_nothing)


class Later(TyperCommand):
    """Stands for a command in lists and suggestions, and gives way to it when it is called."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Let the command read its arguments; the context returned is that of the command."""
        from ld_import.cli.commands import command_named

        command = command_named(str(self.name), str(self.help))
        return command.make_context(info_name, args, parent, **extra)


def _nothing() -> None:
    """Have no arguments; it is never called."""
