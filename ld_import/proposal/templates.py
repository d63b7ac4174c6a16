"""Templates for single columns: dates and lists are converted, empty values left out."""

from __future__ import annotations

from ld_import.proposal.columns import SAMPLED, Column
from ld_import.proposal.measure import Measured
from ld_import.proposal.paths import expression, literal

LEAST_SEPARATED = 0.3
SHORT_PARTS = 0.8
NAMING_KEYS = ("name", "title", "label", "value", "text", "url")


def braced(text: str) -> str:
    """Return an expression as a template."""
    return f"{{{{ {text} }}}}"


def path_expression(measured: Measured, column: Column) -> str:
    """Return the path of a column; parents may be missing in some records."""
    return expression(column.path, measured.optional_parents(column.path))


def value_expression(measured: Measured, column: Column) -> str:
    """Return the value of a column; an empty one leaves the property out."""
    text = _plain_expression(measured, column)
    return f"{text} | strip_html" if column.is_html and column.types.keys() == {"text"} else text


def _plain_expression(measured: Measured, column: Column) -> str:
    text = path_expression(measured, column)
    is_text = not column.types.keys() - {"text"}
    if column.blanks and is_text:
        return f"{text} | trim | default(omit, true)"
    if measured.is_full(column) or (is_text and is_cell(measured, column)):
        return text
    if column.types.keys() <= {"text", "list", "object"}:
        return f"{text} | default(omit, true)"
    # `default(omit, true)` would leave out 0 and false, too.
    return f"omit if {text} | default(none) is none else {text}"


def is_cell(measured: Measured, column: Column) -> bool:
    """Return whether an empty value is the empty cell of a table, which leaves a property out."""
    return measured.table is not None and 0 not in column.path


def date_form(column: Column) -> str | None:
    """Return the argument of `isodate` for a column of dates, or `None` if it is not one."""
    dates = column.dates
    if dates is None or column.types.keys() - {"text", "integer"}:
        return None
    forms = dates.forms()
    if not forms or (dates.is_digits and column.role != "date"):
        return None
    return forms[0]


def is_ambiguous(column: Column) -> bool:
    """Return whether all dates can be read with the day or the month first."""
    forms = column.dates.forms() if column.dates is not None else ()
    return len(forms) > 1 and forms[0].startswith("%d") and any(f.startswith("%m") for f in forms)


def date_expression(measured: Measured, column: Column, form: str, *, is_day: bool = False) -> str:
    """Return a date as ISO 8601; with `is_day` without its time."""
    call = f"isodate('{form}')" if form else "isodate"
    text = value_expression(measured, column)
    dates = column.dates
    if dates is not None and dates.zeros:
        path = path_expression(measured, column)
        text = f"omit if ({path} | default('0000', true)).startswith('0000') else {path} | {call}"
    elif text.startswith("omit if "):
        text = f"{path_expression(measured, column)} | default(omit, true) | {call}"
    else:
        text = f"{text} | {call}"
    has_time = dates is not None and dates.times > 0
    return f"{text} | truncate(10, true, '')" if is_day and has_time else text


def separator_of(column: Column) -> str | None:
    """Return the separator of a column whose texts are lists, or `None`."""
    sampled = min(column.filled, SAMPLED)
    if (
        not sampled
        or column.types.keys() - {"text"}
        or column.urls.count
        or date_form(column) is not None
    ):
        return None
    for sign, count in column.separators.items():
        is_short = column.short_parts[sign] >= SHORT_PARTS * count
        is_often = count >= LEAST_SEPARATED * sampled
        # A caption with semicolons is not a list.
        is_list = column.role == "tags" or (sign == "|" and is_often)
        is_list = is_list or (sign == ";" and is_often and not column.role and column.longest < 200)
        if count and is_short and is_list:
            return sign
    return None


def split_expression(measured: Measured, column: Column, separator: str) -> str:
    """Return a text with separators as a list without empty items."""
    path, end = path_expression(measured, column), ""
    if not measured.is_full(column) and not is_cell(measured, column):
        path, end = f"({path} | default('', true))", " | default(omit, true)"
    return f"{path}.split({literal(separator)}) | map('trim') | select | list{end}"


def list_key(column: Column) -> str | None:
    """Return the key with the name of each object in a column of lists, if all of them have it."""
    complete = [key for key, count in column.list_keys.items() if count == column.filled]
    return next((name for name in NAMING_KEYS if name in complete), None)
