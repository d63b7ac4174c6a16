"""What of the README is made: `python -m tests.readme --write` writes --help blocks and faults."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"<!-- help: (?P<command>[a-z -]+) -->\n.*?<!-- /help -->", re.DOTALL)
FAULTS = "<!-- faults -->"
END_OF_FAULTS = "<!-- /faults -->"


def help_of(command: str) -> str:
    """Return what `ld-import <command> --help` prints, eighty columns wide."""
    done = subprocess.run(
        [sys.executable, "-m", "ld_import", *command.split(), "--help"],
        env={**os.environ, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def with_help(text: str) -> str:
    """Return the README with its blocks as the commands print them now."""

    def block(found: re.Match[str]) -> str:
        command = found["command"]
        return (
            f"<!-- help: {command} -->\n```text\n{help_of(command).rstrip()}\n```\n<!-- /help -->"
        )

    return BLOCK.sub(block, text)


def with_faults(text: str) -> str:
    """Return the README with its table of faults as they end now."""
    # Only who writes it needs all that it takes to go through them.
    from tests.flow.fault_table import table

    head, _, rest = text.partition(FAULTS)
    return f"{head}{FAULTS}\n{table()}\n{END_OF_FAULTS}{rest.partition(END_OF_FAULTS)[2]}"


def words_of(text: str) -> list[str]:
    """Return a help text without what the library decorates it with and where it breaks lines."""
    return re.sub(r"\[(?!default)[^\]]*\]|<[^>]*>", " ", text).split()


if __name__ == "__main__" and "--write" in sys.argv:
    made = with_faults(with_help(README.read_text(encoding="utf-8")))
    README.write_text(made, encoding="utf-8")
