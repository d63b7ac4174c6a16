"""The help of a command: options by theme, and examples that work."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from ld_import.cli import app
from ld_import.cli.commands import COMMANDS, THEMES
from ld_import.cli.examples import EXAMPLES
from ld_import.cli.flags.themes import FILES
from ld_import.cli.flags.themes import THEMES as OPTION_THEMES
from ld_import.cli.lazy import OTHER_COMMANDS
from ld_import.cli.themed import OTHER_OPTIONS

COMMAND: Any = app.COMMAND
IMPORTS = ("videos", "images", "files", "media-library")


def sections_of(text):
    """Return the lines of a help below each heading."""
    parts = re.split(r"^(\w[\w ]*):$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("command", IMPORTS)
def test_import_options_have_a_theme(place, command):
    """The help of an import lists its options by theme, all themes in their order."""
    sections = sections_of(place.run(command, "--help").out)

    themes = [one for one in OPTION_THEMES if one != FILES or command == "media-library"]

    assert list(sections) == ["Arguments", *themes, OTHER_OPTIONS, "Examples"]
    assert re.findall(r"--[\w-]+", sections[OTHER_OPTIONS]) == ["--help"]


@pytest.mark.parametrize(
    ("option", "theme"),
    [
        ("--only", "What"),
        ("--external-id", "What"),
        ("--server", "Where"),
        ("--ledger", "Where"),
        ("--limit", "Limits"),
        ("--parallel", "Limits"),
        ("--max-wait", "Waiting"),
        ("--listen", "Waiting"),
        ("--json", "Output"),
    ],
)
def test_theme_of_an_option(place, option, theme):
    """An option is listed under its theme only."""
    sections = sections_of(place.run("videos", "--help").out)

    listed = [name for name, text in sections.items() if re.search(rf"^  {option} ", text, re.M)]
    assert listed == [theme]


def test_short_help_is_one_list(place):
    """A command with few options lists them together."""
    assert list(sections_of(place.run("ledger", "runs", "--help").out)) == ["Options"]


def test_own_options_come_first(place):
    """In a long help, the options that only this command has come before the shared ones."""
    sections = sections_of(place.run("ledger", "export", "--help").out)

    assert list(sections)[:2] == ["Options", "What"]
    assert {"--format", "--output", "--help"} <= set(re.findall(r"--\w+", sections["Options"]))
    assert OTHER_OPTIONS not in sections


def test_commands_have_a_theme(place):
    """The list of commands is divided by theme, and has all of them once."""
    sections = sections_of(place.run("--help").out)

    listed = re.findall(r"^  ([a-z-]+)  ", "".join(map(sections.get, THEMES)), re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    assert OTHER_COMMANDS not in sections


def test_ledger_commands_have_a_theme(place):
    """The commands of the ledger are divided into those that read and those that change it."""
    sections = sections_of(place.run("ledger", "--help").out)

    listed = re.findall(r"^  ([a-z]+)  ", sections["Read"] + sections.get("Change", ""), re.M)
    assert sorted(listed) == sorted(COMMAND.commands["ledger"].commands)


@pytest.mark.parametrize("command", EXAMPLES)
def test_examples_are_valid(command):
    """Each example is a command line that the program accepts, of the command it explains."""
    for line, purpose in EXAMPLES[command]:
        words = shlex.split(line.partition(" > ")[0])
        assert line.startswith(command), line
        assert purpose.endswith(".")
        parsed(words)


def parsed(words):
    """Parse a command line without running it."""
    context = COMMAND.make_context("ld-import", words[1:])
    while rest := [*context._protected_args, *context.args]:
        name, command, rest = context.command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        if not hasattr(command, "registry"):
            return


def test_commands_with_examples_exist():
    """Each example belongs to a command, and each import has some."""
    for name in EXAMPLES:
        command = COMMAND
        for word in name.split()[1:]:
            command = command.commands[word]
    assert {f"ld-import {name}" for name in IMPORTS} <= set(EXAMPLES)


def test_example_lines_are_not_broken(place, monkeypatch):
    """An example can be copied: its line is not wrapped in a narrow terminal."""
    monkeypatch.setenv("COLUMNS", "60")
    text = place.run("videos", "--help").out

    for line, _ in EXAMPLES["ld-import videos"]:
        assert f"\n  {line}\n" in text
