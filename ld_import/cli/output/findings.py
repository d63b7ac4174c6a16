"""Findings as text: one line for each group, or one for each finding."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ld_import.cli.output.console import print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.wording import amount

# Imported when there are findings: `--help` does not need them.
if TYPE_CHECKING:
    from ld_import.validation import Finding, Group

SHOWN_GROUPS = 20
LONGEST_SENTENCE = 400
GAP = "   "
# Below this width of the text, an indentation leaves too little of the line.
NARROWEST_TEXT = 30

# Count, sentence, place and advice of a group.
Row = tuple[str, str, str, str]


def print_groups(
    groups: Sequence[Group],
    file: str | None,
    *,
    shows_all: bool = False,
    noun: str = "record",
    more: str = "-v or --json shows all",
) -> None:
    """Print groups, largest first; `file` is the name before the lines, `None` for `line 2`.

    A pipe gets one line for each group; a narrow terminal the advice on a line of its own. Without
    `shows_all`, `more` is the advice after the largest 20.
    """
    shown = groups if shows_all else groups[:SHOWN_GROUPS]
    rows = [_row(group, file, noun) for group in shown]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines_of(rows, width):
        print_out(line)
    if rest := groups[len(shown) :]:
        records = amount(sum(group.count for group in rest), noun)
        print_out(f"… and {amount(len(rest), 'more group')} ({records}); {more}")


def lines_of(rows: Sequence[Row], width: int | None) -> Iterator[str]:
    """Yield the lines of rows in a terminal of this width, or one a row for `None`."""
    if width is None:
        yield from (GAP.join(filter(None, row)) for row in rows)
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        for row in rows:
            cells = [row[0].rjust(widths[0])]
            cells += (
                cell.ljust(size) for cell, size in zip(row[1:], widths[1:], strict=True) if size
            )
            yield GAP.join(cells).rstrip()
        return
    for row in rows:
        yield from _stacked(row, widths[0], width)


def _stacked(row: Row, count_width: int, width: int) -> Iterator[str]:
    """Yield count, sentence and place, then the advice, each wrapped and indented."""
    count, sentence, place, advice = row
    indent = " " * (count_width + len(GAP))
    if width - len(indent) < NARROWEST_TEXT:
        indent = "    "
    head = f"{count.rjust(count_width)}{GAP}{sentence}"
    is_short = len(head) + len(GAP) + len(place) <= width
    texts = [f"{head}{GAP}{place}" if is_short else head]
    if not is_short:
        texts.append(indent + place)
    if advice:
        texts.append(indent + advice)
    for text in texts:
        start = len(text) - len(text.lstrip())
        yield from wrap(
            text.strip() if start else text,
            width,
            initial_indent=" " * start,
            subsequent_indent=indent,
            break_on_hyphens=False,
            drop_whitespace=True,
        )


def _row(group: Group, file: str | None, noun: str) -> Row:
    level = "" if group.level == "error" else f"{group.level}: "
    return (
        amount(group.count, noun),
        sanitize(level + group.sentence, limit=LONGEST_SENTENCE),
        sanitize(_place(group, file)),
        sanitize(group.advice, limit=LONGEST_SENTENCE),
    )


def _place(group: Group, file: str | None) -> str:
    known = [line for line in group.lines if line]
    if not known:
        return file or ""
    start = "line " if file is None else f"{file}:"
    more = " …" if group.count > len(group.lines) else ""
    name = f" ({group.external_id})" if group.count == 1 and group.external_id else ""
    return f"{start}{', '.join(map(str, known))}{more}{name}"


def line_printer(file: str) -> Callable[[Finding], None]:
    """Return a function that prints a finding about this file, in the format of compilers."""
    where = sanitize(file)

    def print_finding(finding: Finding) -> None:
        name = f" ({sanitize(finding.external_id)})" if finding.external_id else ""
        level = "" if finding.level == "error" else f"{finding.level}: "
        print_out(f"{where}:{finding.line}{name}: {level}{sanitize(sentence_with_advice(finding))}")

    return print_finding


def sentence_with_advice(finding: Finding) -> str:
    """Return the sentence of a finding with its advice, if it has one."""
    return f"{finding.text}; {finding.advice}" if finding.advice else finding.text


def group_documents(groups: Iterable[Group]) -> list[dict[str, Any]]:
    """Return groups as JSON documents."""
    return [
        {
            "id": group.id,
            "level": str(group.level),
            "rule": group.rule,
            "field": group.field,
            "count": group.count,
            "text": group.sentence,
            "advice": group.advice,
            "lines": group.lines,
            "externalId": group.external_id,
        }
        for group in groups
    ]
