"""The documents, their parts, and the parts that are generated: `python -m tests.docs --write`.

Generated are the `--help` blocks, the table of faults and the list of modules.
"""

from __future__ import annotations

import ast
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from ld_import.cli.app import main

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ld_import"
README = ROOT / "README.md"
DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
COMMANDS = DOCS / "commands.md"
CONFIGURATION = DOCS / "configuration.md"
EMULATOR = DOCS / "emulator.md"
GUIDE = DOCS / "guide.md"
LEDGER = DOCS / "ledger.md"
MANIFEST = DOCS / "manifest.md"
TROUBLESHOOTING = DOCS / "troubleshooting.md"
UNATTENDED = DOCS / "unattended.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
CHANGELOG = ROOT / "CHANGELOG.md"
PAGES = (README, *sorted(DOCS.glob("*.md")), CONTRIBUTING, CHANGELOG)

PROGRAM = "ld-import"
HELP = re.compile(rf"<!-- help: {PROGRAM}(?P<command>[a-z -]*) -->\n.*?<!-- /help -->", re.DOTALL)
FAULTS = re.compile(r"<!-- faults -->\n.*?<!-- /faults -->", re.DOTALL)
MODULES = re.compile(r"<!-- modules -->\n.*?<!-- /modules -->", re.DOTALL)
FENCE = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Fence:
    """A fenced block; `file` is the name under which a command of the page reads it."""

    language: str
    text: str
    file: str | None = None


def fences(page: Path, *languages: str) -> list[Fence]:
    """Return the fenced blocks of a page, all or those of some languages, in their order."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    blocks = [Fence(one["language"], one["text"], one["file"]) for one in found]
    return [block for block in blocks if not languages or block.language in languages]


def section(page: Path, heading: str) -> str:
    """Return the text below a heading, up to the next heading of its level or a higher one."""
    _, _, rest = page.read_text(encoding="utf-8").partition(f"\n{heading}\n")
    level = len(heading.split()[0])
    return re.split(rf"^#{{1,{level}}} ", rest, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables in a text, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    rules = {number for number, row in enumerate(cells) if set(row[0]) <= {"-", ":"} and row[0]}
    return [row for number, row in enumerate(cells) if not {number, number + 1} & rules]


def codes(text: str) -> set[str]:
    """Return everything that a text sets as code."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return {" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)}


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
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", paragraph)[0].replace("|", "\\|")


def words_of(text: str) -> list[str]:
    """Return the words of a help text, without the library's decoration and line breaks."""
    return re.sub(r"\[(?!default)[^\]]*\]|<[^>]*>", " ", text).split()


def write(pages: Sequence[Path] = PAGES) -> None:
    """Write the generated parts of these pages."""
    for page in pages:
        before = page.read_text(encoding="utf-8")
        after = with_modules(with_faults(with_help(before)))
        if after != before:
            page.write_text(after, encoding="utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    write()
