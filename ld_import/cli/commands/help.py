"""`ld-import help`: the help of a command, or a page about a topic."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

import typer

from ld_import.cli.options import command_flags, command_of
from ld_import.cli.output.console import console, print_out
from ld_import.cli.topics import TOPICS
from ld_import.errors import UsageError


@command_flags
class HelpFlags:
    """The flags of `help`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TOPIC",
            help=f"A command, or one of {', '.join(TOPICS)}. [default: all commands and topics]",
            show_default=False,
        ),
    ] = None


def show_help(flags: HelpFlags) -> int:
    """Print the help of a command, a page, or the list of both. Raises UsageError."""
    from ld_import.cli.commands import COMMANDS

    words = flags.words or []
    if words and words[0] not in COMMANDS:
        _print_page(words)
        return 0
    # The help command is imported by the program on demand.
    from ld_import.cli.app import main

    code = main([*words, "--help"])
    if not words and code == 0:
        _print_topics()
    return code


command = command_of(HelpFlags, show_help)


def _print_topics() -> None:
    print_out("\nTopics of `ld-import help TOPIC`:")
    width = max(map(len, TOPICS))
    for name, text in TOPICS.items():
        print_out(f"  {name:<{width}}  {text}")


def _print_page(words: list[str]) -> None:
    name = "-".join(words).lower().replace("_", "-")
    name = next((topic for topic in TOPICS if name in (topic, topic.rstrip("s"))), name)
    if name not in TOPICS:
        from ld_import.cli.commands import COMMANDS
        from ld_import.wording import did_you_mean

        known = [*TOPICS, *COMMANDS]
        raise UsageError(
            f"there is no help on {' '.join(words)!r}; {did_you_mean(name, known)}",
            hint="`ld-import help` lists commands and topics",
        )
    _print_markdown(
        files("ld_import.cli").joinpath("topics", f"{name}.md").read_text(encoding="utf-8")
    )


def _print_markdown(text: str) -> None:
    from rich.markdown import Markdown

    screen = console()
    page = Markdown(text, code_theme="bw")
    if screen.is_terminal:
        screen.print(page)
        return
    with screen.capture() as captured:
        screen.print(page)
    for line in captured.get().splitlines():
        print_out(line.rstrip())
