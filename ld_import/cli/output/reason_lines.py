"""Groups of items as text: count, state and cause, first items, and what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ld_import.cli.output.console import print_out
from ld_import.cli.output.findings import LONGEST_SENTENCE, Row, lines_of
from ld_import.cli.output.sanitize import sanitize
from ld_import.wording import amount

if TYPE_CHECKING:
    from ld_import.reasons import Commands, ReasonGroup

SHOWN_GROUPS = 20
LONGEST_ID = 60


def print_reasons(
    groups: Sequence[ReasonGroup],
    commands: Commands,
    *,
    most: int = SHOWN_GROUPS,
    shows_all: bool = False,
    more: str,
) -> None:
    """Print groups in their order; after `most` of them only the number of the others, and `more`.

    A pipe gets one line for each group.
    """
    shown = groups if shows_all else groups[:most]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines_of([_row(group, commands) for group in shown], width):
        print_out(line)
    if rest := groups[len(shown) :]:
        items = amount(sum(group.count for group in rest), "item")
        print_out(f"… and {amount(len(rest), 'more group')} ({items}); {more}")


def _row(group: ReasonGroup, commands: Commands) -> Row:
    noun = "record" if group.state == "invalid" else "item"
    return (
        amount(group.count, noun),
        sanitize(f"{group.state}: {group.text}", limit=LONGEST_SENTENCE),
        _items(group),
        sanitize(group.advice(commands), limit=LONGEST_SENTENCE),
    )


def _items(group: ReasonGroup) -> str:
    """Return the first items: `v1 (line 2), v3 (line 4) …`, or the lines of items without an id."""
    if all(item.external_id is None for item in group.items):
        named = "line " + ", ".join(str(item.line) for item in group.items)
    else:
        named = ", ".join(_name(item.external_id, item.line) for item in group.items)
    return f"{named} …" if group.count > len(group.items) else named


def _name(external_id: str | None, line: int) -> str:
    where = f"line {line}" if line else ""
    if external_id is None:
        return where
    name = sanitize(external_id, limit=LONGEST_ID)
    return f"{name} ({where})" if where else name
