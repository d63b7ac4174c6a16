"""Names of table columns: the field that each column fills, nested where the name has dots."""

from __future__ import annotations

from typing import TypeAlias

from ld_import.manifest.base import MAX_DEPTH, Columns
from ld_import.wording import shorten, show

NAMES_HINT = "give each column a different name"

Fields: TypeAlias = "dict[str, str | Fields]"


def names_from(cells: list[str]) -> list[str]:
    """Return the names in a header row that is not blank, up to the last one.

    Spreadsheets also export columns that were used once and are empty now.
    """
    names = [name.strip() for name in cells]
    while not names[-1]:
        del names[-1]
    return names


def first_valued(cells: list[str], start: int) -> int | None:
    """Return the index of the first cell from `start` on that is not blank."""
    return next((at for at, cell in enumerate(cells[start:], start) if cell.strip()), None)


def nameless(index: int, cell: str) -> str:
    """Return the problem of a value in a column that the header does not name."""
    return (
        f"column {index + 1} has the value {show(cell)}, but no name in the header; the first"
        " row must hold the names of all columns, without rows above it"
    )


def columns_from(names: list[str]) -> Columns | str:
    """Return the columns as nested fields; a returned text is the problem with their names.

    A name with an empty part is not split: `Inv.Nr.` is the field `Inv.Nr.`.
    """
    if unnamed := [str(column) for column, name in enumerate(names, 1) if not name]:
        which = f"columns {', '.join(unnamed)} have" if unnamed[1:] else f"column {unnamed[0]} has"
        return f"{which} no name"
    columns: Columns = {}
    first_index: dict[str, int] = {}
    for index, name in enumerate(names):
        first = first_index.setdefault(name, index)
        if first != index:
            return f"columns {first + 1} and {index + 1} have the same name, `{shorten(name)}`"
        if problem := _insert(columns, names, index):
            return problem
    return columns


def fields_from(columns: Columns, cells: list[str]) -> Fields:
    """Return the fields of a row: empty cells give no field, nested objects may be empty.

    An entry needs `metadata` even if the old system has none.
    """
    fields: Fields = {}
    for key, column in columns.items():
        if type(column) is int:
            if cell := cells[column]:
                fields[key] = cell
        else:
            fields[key] = fields_from(column, cells)  # type: ignore[arg-type]
    return fields


def _insert(columns: Columns, names: list[str], index: int) -> str | None:
    name = names[index]
    *parents, key = name.split(".") if all(name.split(".")) else [name]
    if len(parents) >= MAX_DEPTH:
        return f"column {index + 1} is nested deeper than {MAX_DEPTH} levels, `{shorten(name)}`"
    node = columns
    for parent in parents:
        child = node.setdefault(parent, {})
        if isinstance(child, int):
            return _conflict(names, child, index)
        node = child
    if key in node:
        return _conflict(names, index, _first_below(node[key]))
    node[key] = index
    return None


def _first_below(column: int | Columns) -> int:
    while not isinstance(column, int):
        column = next(iter(column.values()))
    return column


def _conflict(names: list[str], value: int, parent: int) -> str:
    return (
        f"column {value + 1} is `{shorten(names[value])}` and column {parent + 1} is"
        f" `{shorten(names[parent])}`: a field cannot be both a text and a mapping"
    )
