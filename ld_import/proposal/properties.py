"""Columns for the metadata properties of a project: by handle or role, if the type fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ld_import.preflight.project import MediaType, Property
from ld_import.proposal import templates
from ld_import.proposal.columns import MOST_WORDS, Column
from ld_import.proposal.measure import Measured
from ld_import.proposal.metadata import is_addressable, note_of
from ld_import.proposal.names import handle_of, role_of, words_of
from ld_import.proposal.proposal import Line
from ld_import.wording import shorten

Maker = Callable[[Measured, Column, Property], str | None]
# Roles whose columns are as good for a property with another one of these roles.
RELATED = {"description": ("caption",), "caption": ("description",)}


def lines_for(
    measured: Measured, media_type: MediaType, columns: list[Column], done: set[str]
) -> tuple[list[Line], list[Column]]:
    """Return a line for each property, and the columns that no property takes.

    A property without a fitting column gives a comment if it is required; those in `done` are
    omitted.
    """
    left = list(columns)
    lines: list[Line] = []
    for prop in _by_certainty(media_type, columns):
        if prop.handle in done:
            continue
        found = next(_fitting(measured, prop, left), None)
        if found is not None:
            column, template = found
            left.remove(column)
            cut = "longer values are cut, " if "truncate(" in template else ""
            note = f"{shorten(prop.type)}, {cut}{note_of(measured, column)}"
            lines.append(Line(prop.handle, template, note))
        elif prop.is_required:
            text = f"{shorten(prop.handle)} ({shorten(prop.type)}) is required: no column fits"
            lines.append(Line("", None, text, is_active=False))
    return lines, left


def _by_certainty(media_type: MediaType, columns: list[Column]) -> list[Property]:
    """Return the properties with a column of the same name first."""
    names = {_plain(handle_of(column.path)) for column in columns}
    return sorted(media_type.properties.values(), key=lambda prop: _plain(prop.handle) not in names)


def _plain(handle: str) -> str:
    return "".join(words_of(handle))


def _fitting(
    measured: Measured, prop: Property, columns: list[Column]
) -> Iterator[tuple[Column, str]]:
    make = MAKERS.get(prop.type)
    if make is None:
        return
    for column in _named(prop, columns):
        usable = column.filled and is_addressable(measured, column.path)
        template = make(measured, column, prop) if usable else None
        if template is not None:
            yield column, templates.braced(template)


def _named(prop: Property, columns: list[Column]) -> Iterator[Column]:
    """Yield columns of the same name, then of the same role, then of a related one."""
    wanted = _plain(prop.handle)
    yield from (column for column in columns if _plain(handle_of(column.path)) == wanted)
    yield from (column for column in columns if _plain(str(column.path[-1])) == wanted)
    role = role_of((prop.handle,))
    for name in (role, *RELATED.get(role, ())) if role else ():
        yield from (column for column in columns if column.role == name)


def _text(measured: Measured, column: Column, prop: Property) -> str | None:
    types = column.types.keys()
    value = templates.value_expression(measured, column)
    if types == {"list"}:
        key = templates.list_key(column)
        is_texts = column.list_types.keys() == {"text"}
        if key is None and not is_texts:
            return None
        value += f" | map(attribute='{key}') | join(', ')" if key else " | join(', ')"
    elif types & {"list", "object", "true/false"}:
        return None
    elif types != {"text"}:
        value = f"{templates.path_expression(measured, column)} | default(omit) | string"
        if column.empty:
            return None
    return limited(value, column, prop)


def limited(value: str, column: Column | None, prop: Property) -> str:
    """Return a text that keeps to the limits of its property."""
    if column is None:
        return value
    if column.has_breaks and prop.config.get("allowNewlines") is False:
        value += " | replace('\\n', ' ')"
    longest = prop.config.get("maxLength")
    if isinstance(longest, int) and column.longest > longest > 0:
        value += f" | truncate({longest})"
    return value


def _enum(measured: Measured, column: Column, prop: Property) -> str | None:
    """Return a text if all values that were kept are values of the property."""
    if column.types.keys() != {"text"} or len(column.words) >= MOST_WORDS:
        return None
    provider = prop.config.get("dataProvider")
    items = provider.get("items") if isinstance(provider, dict) else None
    known = {item.get("value") for item in items or () if isinstance(item, dict)}
    is_known = column.words <= known if known else True
    return templates.value_expression(measured, column) if is_known else None


def _date(measured: Measured, column: Column, prop: Property) -> str | None:
    form = templates.date_form(column)
    if form is None or column.dates is None or column.dates.misses(form):
        return None
    return templates.date_expression(measured, column, form, is_day=prop.type == "li-date")


def _texts(measured: Measured, column: Column, prop: Property) -> str | None:
    value = templates.value_expression(measured, column)
    if column.types.keys() == {"list"}:
        if column.list_types.keys() == {"text"}:
            return value
        key = templates.list_key(column)
        return f"{value} | map(attribute='{key}') | list" if key else None
    if column.types.keys() != {"text"}:
        return None
    separator = templates.separator_of(column) or "|"
    return templates.split_expression(measured, column, separator)


def _integer(measured: Measured, column: Column, prop: Property) -> str | None:
    if not column.is_integer or column.types.keys() - {"text", "integer"}:
        return None
    value = templates.value_expression(measured, column)
    return value if column.types.keys() == {"integer"} else f"{value} | int"


def _boolean(measured: Measured, column: Column, prop: Property) -> str | None:
    is_boolean = column.types.keys() == {"true/false"}
    return templates.value_expression(measured, column) if is_boolean else None


MAKERS: dict[str, Maker] = {
    "li-text": _text,
    "li-external-id": _text,
    "li-enum": _enum,
    "li-date": _date,
    "li-datetime": _date,
    "li-string-list": _texts,
    "li-integer": _integer,
    "li-boolean": _boolean,
}
