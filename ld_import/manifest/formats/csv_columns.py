"""The names of columns: which field each one fills, and how dots in them nest."""

from __future__ import annotations

from typing import TypeAlias

from ld_import.wording import shorten

# Lists and mappings, and names with dots, nest no deeper.
MAX_DEPTH = 200

# For each key the index of its cell, or what is nested below it.
Shape: TypeAlias = "dict[str, int | Shape]"
Fields: TypeAlias = "dict[str, str | Fields]"


def shape_of(names: list[str]) -> Shape | str:
    """Arrange the columns; a text in return is what is wrong with their names.

    A name of which a part would be empty does not nest: `Inv.Nr.` is the field `Inv.Nr.`.
    """
    if unnamed := [str(column) for column, name in enumerate(names, 1) if not name]:
        which = f"columns {', '.join(unnamed)} have" if unnamed[1:] else f"column {unnamed[0]} has"
        return f"{which} no name"
    shape: Shape = {}
    met: dict[str, int] = {}
    for index, name in enumerate(names):
        first = met.setdefault(name, index)
        if first != index:
            return f"columns {first + 1} and {index + 1} have the same name, `{shorten(name)}`"
        if problem := _place(shape, names, index):
            return problem
    return shape


def filled(shape: Shape, cells: list[str]) -> Fields:
    """Give the fields of a row: an empty cell is no field, an object is there even if empty.

    An entry must have `metadata`, whether or not the old system knew any.
    """
    fields: Fields = {}
    for key, place in shape.items():
        if type(place) is int:
            if cell := cells[place]:
                fields[key] = cell
        else:
            fields[key] = filled(place, cells)  # type: ignore[arg-type]
    return fields


def _place(shape: Shape, names: list[str], index: int) -> str | None:
    name = names[index]
    *parents, key = name.split(".") if all(name.split(".")) else [name]
    if len(parents) >= MAX_DEPTH:
        return f"column {index + 1} nests deeper than {MAX_DEPTH} levels, `{shorten(name)}`"
    node = shape
    for parent in parents:
        child = node.setdefault(parent, {})
        if isinstance(child, int):
            return _both(names, child, index)
        node = child
    if key in node:
        return _both(names, index, _first_below(node[key]))
    node[key] = index
    return None


def _first_below(place: int | Shape) -> int:
    while not isinstance(place, int):
        place = next(iter(place.values()))
    return place


def _both(names: list[str], value: int, parent: int) -> str:
    return (
        f"column {value + 1} is `{shorten(names[value])}` and column {parent + 1} is"
        f" `{shorten(names[parent])}`: a field cannot be a text and hold fields as well"
    )
