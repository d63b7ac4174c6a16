"""A map as one function from many records to their ids and fields, for the usual records."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from ld_import.manifest.templating.columns import Record, ValuesOf
from ld_import.manifest.templating.slots import SlotIndex

Rows: TypeAlias = Iterable[tuple[Any, ...]]
ROW, ROWS = "row", "rows"
FILE = "<map>"


class ColumnMap(NamedTuple):
    """The columns of all templates of a map.

    `ids_of` is `None` if the first template makes the ids. `fill` returns the fields of each row of
    values. A larger record than `largest_bytes`, as JSON text, may exceed the budget of work.
    """

    columns: Sequence[ValuesOf]
    ids_of: ValuesOf | None
    fill: Callable[[Rows], list[dict[str, Any]]]
    largest_bytes: int

    def mapped(
        self, records: Sequence[Record], longest: int
    ) -> tuple[list[Any], list[dict[str, Any]]] | None:
        """Return the ids and the fields of records with JSON texts of at most `longest` bytes.

        `None` is for records that must be mapped one by one.
        """
        if longest > self.largest_bytes:
            return None
        try:
            values = [values_of(records) for values_of in self.columns]
            ids = values[0] if self.ids_of is None else self.ids_of(records)
        # Mapped one by one, the unusual record has a value or a problem.
        except Exception:
            return None
        return ids, self.fill(zip(*values, strict=True))


def filling(layout: dict[str, Any]) -> Callable[[Rows], list[dict[str, Any]]]:
    """Return the function from rows, which have a value for each slot, to what they make.

    It is compiled, for it takes a third of the time of calls for each object: `lambda rows:
    [{"url": row[1], "metadata": {"title": row[2]}} for row in rows]`.
    """
    parameters = ast.arguments([], [ast.arg(ROWS)], None, [], [], None, [])
    loop = ast.comprehension(ast.Name(ROW, ast.Store()), ast.Name(ROWS, ast.Load()), [], 0)
    body = ast.ListComp(_display(layout), [loop])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(parameters, body)))
    # The tree has no code of the manifest: its names and texts are constants in it.
    function: Callable[[Rows], list[dict[str, Any]]] = eval(compile(tree, FILE, "eval"))  # noqa: S307
    return function


def _display(layout: Any) -> ast.expr:
    """Return the expression that makes the value of a layout from a row."""
    kind = type(layout)
    if kind is SlotIndex:
        return ast.Subscript(ast.Name(ROW, ast.Load()), ast.Constant(int(layout)), ast.Load())
    if kind is dict:
        return ast.Dict(list(map(ast.Constant, layout)), list(map(_display, layout.values())))
    if kind is list:
        return ast.List(list(map(_display, layout)), ast.Load())
    return ast.Constant(layout)
