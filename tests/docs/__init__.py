"""Tests of the documents: where they are, and the parts that tests look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ld_import"
README = ROOT / "README.md"
DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
ASSETS_CLUSTER = DOCS / "assets-cluster.md"
ASSETS = DOCS / "assets.md"
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
