"""A command whose help lists its options by theme, and ends with examples."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from ld_import.cli.flags.themes import THEMES

# A shorter help is one list.
LONG_HELP = 16
OTHER_OPTIONS = "Other options"


class ThemedCommand(TyperCommand):
    """A command with themed options and examples in its help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options; a long list of options is divided by theme."""
        arguments: list[tuple[str, str]] = []
        options: list[tuple[str | None, tuple[str, str]]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                arguments.append(record)
            else:
                options.append((getattr(param, "rich_help_panel", None), record))
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        _write_options(options, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        write_examples(ctx.command_path, formatter)


def write_examples(command: str, formatter: Any) -> None:
    """Write the examples of a command: each command line, and what it is for."""
    from ld_import.cli.examples import EXAMPLES

    if examples := EXAMPLES.get(command):
        with formatter.section("Examples"):
            for line, purpose in examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
                with formatter.indentation():
                    formatter.write_text(purpose)


def _write_options(options: list[tuple[str | None, tuple[str, str]]], formatter: Any) -> None:
    own = [record for theme, record in options if theme is None]
    if len(options) < LONG_HELP:
        sections = {"Options": [record for _, record in options]}
    else:
        # Options that only this command has come first; every command has `--help`.
        sections = {"Options": own} if len(own) > 1 else {}
        for heading in THEMES:
            sections[heading] = [record for theme, record in options if theme == heading]
        if len(own) == 1:
            sections[OTHER_OPTIONS] = own
    width = max(len(name) for records in sections.values() for name, _ in records)
    for heading, records in sections.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), text) for name, text in records])
