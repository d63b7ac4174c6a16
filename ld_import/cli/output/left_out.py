"""Items that an export or a completion leaves out, one line for each reason, on standard error."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from ld_import.cli.output.console import print_err
from ld_import.cli.output.findings import LONGEST_SENTENCE, Row, lines_of
from ld_import.cli.output.sanitize import sanitize
from ld_import.wording import amount

LONGEST_ID = 120


def print_left_out(rows: Iterable[Row]) -> None:
    """Print rows; a pipe gets one line for each, a narrow terminal several."""
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else None
    for line in lines_of(list(rows), width):
        print_err(line)


def left_out_row(count: int, reason: str, examples: Sequence[str], advice: str) -> Row:
    """Return the row of a reason: count, sentence, first externalIds and advice."""
    more = " …" if count > len(examples) else ""
    shown = ", ".join(sanitize(one, limit=LONGEST_ID) for one in examples)
    return (
        amount(count, "item"),
        sanitize(reason, limit=LONGEST_SENTENCE),
        f"{shown}{more}" if shown else "",
        sanitize(advice, limit=LONGEST_SENTENCE),
    )
