"""Generated parts of the documents: `--help` blocks, tables of faults and switches, modules."""

from __future__ import annotations

import ast
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from ld_import.cli.app import COMMAND, main
from ld_import.cli.emulator_options.switches import switch_rows
from tests import docs
from tests.docs import PACKAGE, PAGES, section
from tests.syntax import first_string

PROGRAM = "ld-import"
HELP = re.compile(rf"<!-- help: {PROGRAM}(?P<command>[a-z -]*) -->\n.*?<!-- /help -->", re.DOTALL)
FAULTS = re.compile(r"<!-- faults -->\n.*?<!-- /faults -->", re.DOTALL)
SWITCHES = re.compile(r"<!-- switches -->\n.*?<!-- /switches -->", re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\([^)\s]+\)")
TOPICS = PACKAGE / "cli" / "topics"
# The sections of the documents that `ld-import help TOPIC` shows.
TOPIC_SECTIONS = {
    "exit-codes": (docs.README, ("Exit codes",)),
    "states": (docs.LEDGER, ("States",)),
    "manifest": (
        docs.MANIFEST,
        (
            "Formats",
            "Header",
            "Fields of an entry",
            "Files to upload",
            "Tables",
            "Standard input",
            "Values",
        ),
    ),
    "templates": (docs.MANIFEST, ("Templates", "Filters", "The externalId")),
}
MODULES = re.compile(r"<!-- modules -->\n.*?<!-- /modules -->", re.DOTALL)


@contextmanager
def width(columns: int) -> Iterator[None]:
    """Let the program print lines of this width."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(columns)
    try:
        yield
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before


def help_of(command: str) -> str:
    """Return the output of `ld-import <command> --help`, eighty columns wide."""
    output = io.StringIO()
    with width(80), redirect_stdout(output):
        code = main([*command.split(), "--help"])
    assert code == 0, command
    return output.getvalue()


def commands_of(group: str) -> list[str]:
    """Return the full names of the commands of a group, empty for the program."""
    program: Any = COMMAND
    command = program.get_command(None, group) if group else program
    return [f"{group} {name}".strip() for name in command.list_commands(None)]


def with_help(text: str) -> str:
    """Return a page with its help blocks as the commands print them now."""

    def block(found: re.Match[str]) -> str:
        shown = help_of(found["command"]).rstrip()
        return f"<!-- help: {PROGRAM}{found['command']} -->\n```text\n{shown}\n```\n<!-- /help -->"

    return HELP.sub(block, text)


def with_faults(text: str) -> str:
    """Return a page with its table of faults as they end now."""
    if not FAULTS.search(text):
        return text
    # Only the writer of the table needs the program and the emulator.
    from tests.flow.fault_table import table

    block = f"<!-- faults -->\n{table()}\n<!-- /faults -->"
    return FAULTS.sub(lambda _: block, text)


def with_switches(text: str) -> str:
    """Return a page with its table of the emulator's switches as the settings explain them now."""
    lines = [
        f"| `{row.switch}` | {row.type} | {row.default} | {row.meaning} |" for row in switch_rows()
    ]
    head = ["| switch | type | default | meaning |", "| --- | --- | --- | --- |"]
    block = "\n".join(["<!-- switches -->", *head, *lines, "<!-- /switches -->"])
    return SWITCHES.sub(lambda _: block, text)


def with_modules(text: str) -> str:
    """Return a page with its list of modules as the tree is now."""
    block = f"<!-- modules -->\n{modules()}\n<!-- /modules -->"
    return MODULES.sub(lambda _: block, text)


def modules() -> str:
    """Return a table for each package: its modules with the first sentence of their docstrings."""
    tables = [_table_of(PACKAGE)]
    folders = sorted({path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE})
    return "\n\n".join([*tables, *(_table_of(folder) for folder in folders)])


def _table_of(folder: Path) -> str:
    name = folder.relative_to(PACKAGE.parent).as_posix()
    paths = sorted(folder.glob("*.py"), key=lambda path: path.stem)
    rows = [(path.relative_to(PACKAGE).as_posix(), purpose_of(path)) for path in paths]
    lines = [f"| `{path}` | {purpose} |" for path, purpose in rows if "__init__" not in path]
    head = [f"### {name}/", "", purpose_of(folder / "__init__.py"), ""]
    return "\n".join([*head, "| module | purpose |", "| --- | --- |", *lines])


def purpose_of(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    # The docstring alone: parsing all modules takes a second.
    text = ast.get_docstring(ast.parse(first_string(path.read_text(encoding="utf-8")))) or ""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", paragraph)[0].replace("|", "\\|")


def topic_of(name: str) -> str:
    """Return the page of a topic: sections of a document, without links."""
    page, headings = TOPIC_SECTIONS[name]
    parts = [f"## {heading}\n{section(page, f'## {heading}')}" for heading in headings]
    return LINK.sub(r"\1", "\n\n".join(part.strip() for part in parts)) + "\n"


def words_of(text: str) -> list[str]:
    """Return the words of a help text, without the library's decoration and line breaks."""
    return re.sub(r"\[(?!default)[^\]]*\]|<[^>]*>", " ", text).split()


def write(pages: Sequence[Path] = PAGES) -> None:
    """Write the generated parts of these pages."""
    for page in pages:
        before = page.read_text(encoding="utf-8")
        after = with_modules(with_switches(with_faults(with_help(before))))
        if after != before:
            page.write_text(after, encoding="utf-8")
    for name in TOPIC_SECTIONS:
        (TOPICS / f"{name}.md").write_text(topic_of(name), encoding="utf-8")
