"""Columns of the plainest templates: their values for many records at once.

A column is built from the tree of its template, as a closure is, and has the values of that closure
for each record. It raises an exception where a record is unusual: a missing field, a number in a
text, a null in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from jinja2 import nodes as ast

from ld_import.manifest.templating.closures import KEEPING_TEXT, NO_FIELDS
from ld_import.manifest.templating.work import ITEM_UNITS

# The fields of a record; a text is the message about one that cannot be read, and unusual, too.
Record: TypeAlias = dict[str, Any] | str
ValuesOf: TypeAlias = Callable[[Sequence[Record]], list[Any]]

# The types of values that are results as they are.
RESULTS: tuple[type, ...] = (str, int, bool, type(None))


class Column(NamedTuple):
    """The values of a template for many records.

    A record with a JSON text of n bytes takes at most `units` * n units of work.
    """

    values_of: ValuesOf
    units: int


class UnusualValueError(Exception):
    """A value is not of the type that the column is for."""


class NoColumnError(Exception):
    """A part of a template has no column."""


def column_of(statement: ast.Stmt) -> Column | None:
    """Return the column of the value that a statement assigns, `None` if it has none."""
    try:
        if isinstance(statement, ast.Assign):
            return _result(statement.node)
        if isinstance(statement, ast.AssignBlock):
            return _text(statement.body)
    except NoColumnError:
        pass
    return None


def only(values: list[Any], types: Iterable[type]) -> list[Any]:
    """Return the values. Raises UnusualValueError if one of them is of another type."""
    if not set(map(type, values)).issubset(types):
        raise UnusualValueError
    return values


def _result(node: ast.Node) -> Column:
    if isinstance(node, ast.Filter):
        return _filtered(node)
    field = _field(node)
    return Column(lambda records: only(field(records), RESULTS), 1)


def _text(body: Iterable[ast.Node]) -> Column:
    form, parts = "", []
    for output in body:
        if not isinstance(output, ast.Output):
            raise NoColumnError
        for node in output.nodes:
            if isinstance(node, ast.TemplateData):
                form += node.data.replace("%", "%%")
            else:
                form += "%s"
                parts.append(_printed(node))
    columns = [part.values_of for part in parts]
    if not parts:
        raise NoColumnError
    if len(parts) == 1:
        (column,) = columns
        values_of: ValuesOf = lambda records: [form % text for text in column(records)]  # noqa: E731
    else:

        def values_of(records: Sequence[Record]) -> list[Any]:
            rows = zip(*[column(records) for column in columns], strict=True)
            return [form % row for row in rows]

    return Column(values_of, len(parts) + sum(part.units for part in parts))


def _printed(node: ast.Node) -> Column:
    """Return the column of an expression inside a text; all its values are texts."""
    if isinstance(node, ast.Filter):
        return _filtered(node)
    return _texts(node)


def _texts(node: ast.Node) -> Column:
    field = _field(node)
    return Column(lambda records: only(field(records), (str,)), 1)


def _filtered(node: ast.Filter) -> Column:
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise NoColumnError
    if node.name in KEEPING_TEXT and not node.args:
        return _printed(node.node)
    if node.name == "join" and len(node.args) <= 1:
        return _joined(_field(node.node), *node.args)
    raise NoColumnError


def _joined(field: ValuesOf, between: ast.Expr | None = None) -> Column:
    """Return the column of lists of texts, joined by a constant text."""
    text = "" if between is None else between.value if isinstance(between, ast.Const) else None
    if type(text) is not str:
        raise NoColumnError
    join = text.join
    return Column(
        lambda records: list(map(join, only(field(records), (list,)))),
        ITEM_UNITS + len(text) + 1,
    )


def _field(node: ast.Node) -> ValuesOf:
    """Return the column of a field that every record has."""
    if isinstance(node, ast.Name) and node.name not in NO_FIELDS and node.name.isascii():
        value_of = itemgetter(node.name)
        return lambda records: list(map(value_of, records))
    if isinstance(node, ast.Getattr):
        owner, member_of = _field(node.node), itemgetter(node.attr)
        return lambda records: list(map(member_of, only(owner(records), (dict,))))
    raise NoColumnError
