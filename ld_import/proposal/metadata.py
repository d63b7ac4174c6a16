"""Metadata of a proposal: a line for each column, commented unless its property is known."""

from __future__ import annotations

from collections.abc import Iterator

from ld_import.proposal import templates
from ld_import.proposal.columns import Column
from ld_import.proposal.measure import Measured
from ld_import.proposal.names import LONGEST_NAME, handle_of
from ld_import.proposal.paths import Path, is_usable
from ld_import.proposal.proposal import Line
from ld_import.proposal.wording import example_of, name_of, share_of, types_of

Columns = list[Column]


def columns_for_metadata(measured: Measured) -> Iterator[Column]:
    """Yield the columns whose values can be metadata: no objects, and no single items of lists."""
    for path, column in measured.columns.items():
        if 0 not in path and column.types.keys() != {"object"}:
            yield column


def is_addressable(measured: Measured, path: Path) -> bool:
    """Return whether a template of a reasonable length can read this column."""
    return is_usable(path, is_record_hidden=measured.is_record_hidden) and all(
        len(part) <= LONGEST_NAME for part in path if isinstance(part, str)
    )


def template_of(measured: Measured, column: Column) -> str:
    """Return the template that fits the values best: a date, a list, else the value itself."""
    form = templates.date_form(column)
    if form is not None and column.dates is not None and not column.dates.misses(form):
        return templates.braced(templates.date_expression(measured, column, form))
    separator = templates.separator_of(column)
    if separator is not None:
        return templates.braced(templates.split_expression(measured, column, separator))
    key = templates.list_key(column) if column.types.keys() == {"list"} else None
    value = templates.value_expression(measured, column)
    if key is not None:
        value = f"{value} | map(attribute='{key}') | join(', ')"
    return templates.braced(value)


def note_of(measured: Measured, column: Column) -> str:
    """Return what was measured about a column."""
    parts = [share_of(measured, column)]
    if types := types_of(column):
        parts.append(types if types != "text" else _text_note(column))
    parts += _date_notes(column)
    example = example_of(column)
    return ", ".join(parts) + (f", such as {example}" if example else "")


def _text_note(column: Column) -> str:
    if templates.date_form(column) is not None:
        return "dates"
    if column.urls.count == column.filled and column.filled:
        return "URLs with a signature" if column.urls.signed else "URLs"
    if column.is_integer:
        return "whole numbers as text"
    if column.is_number:
        return "numbers as text"
    return f"text up to {column.longest:,} characters" if column.longest > 100 else "text"


def _date_notes(column: Column) -> Iterator[str]:
    form = templates.date_form(column)
    if form is None or column.dates is None:
        return
    if templates.is_ambiguous(column):
        yield "day or month first is not certain: check"
    if misses := column.dates.misses(form):
        yield f"{misses:,} are not dates"
    if column.dates.zeros:
        yield f"{column.dates.zeros:,} are zero and left out"


def commented_lines(measured: Measured, columns: Columns, taken: set[str]) -> Iterator[Line]:
    """Yield a commented line for each column; handles are unique."""
    for column in columns:
        if not is_addressable(measured, column.path):
            note = "cannot be read by a template: rename the column"
            yield Line("", None, f"{name_of(column.path)} {note}", is_active=False)
            continue
        if not column.filled:
            yield Line("", None, f"{name_of(column.path)} is always empty", is_active=False)
            continue
        if column.list_types.keys() == {"object"} and templates.list_key(column) is None:
            note = f"{name_of(column.path)} has lists of objects: choose a part of them"
            yield Line("", None, note, is_active=False)
            continue
        handle = unique(handle_of(column.path), taken)
        yield Line(
            handle, template_of(measured, column), note_of(measured, column), is_active=False
        )


def unique(handle: str, taken: set[str]) -> str:
    """Return a handle that is not taken yet, with a number if necessary, and take it."""
    found, number = handle, 2
    while found in taken:
        found, number = f"{handle}{number}", number + 1
    taken.add(found)
    return found
