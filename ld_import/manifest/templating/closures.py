"""Closures for plain templates: the values of Jinja in a fraction of its time.

A closure is built from the tree that Jinja would compile, guards included, and calls the same
filters, tests and lookups. Each expression corresponds to one that `jinja2.compiler` generates:
https://github.com/pallets/jinja/blob/main/src/jinja2/compiler.py
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, TypeAlias

from jinja2 import nodes as ast

from ld_import.manifest.templating.sandbox import (
    ID_FILTER,
    NEEDED_FILTER,
    OMIT_FILTER,
    Sandbox,
)
from ld_import.manifest.templating.values import OMIT
from ld_import.manifest.templating.work import ITEM_UNITS

Record: TypeAlias = dict[str, Any]
Closure: TypeAlias = Callable[[Record], Any]

# Jinja nests calls as deeply as the template does, and Python limits that.
DEEPEST = 40
NOTHING: Record = {}
# Names with a meaning of their own.
NO_FIELDS = ("omit", "record")
# Filters that refuse an undefined value.
NEEDING = (ID_FILTER, "join")
# Filters that return a text unchanged.
KEEPING_TEXT = (ID_FILTER, NEEDED_FILTER, OMIT_FILTER)
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}
BINARY = (ast.Add, ast.Sub, ast.Mul, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


class NotPlainError(Exception):
    """A part of a template has no closure."""


class Closures:
    """Builds the closures for the templates of one environment."""

    def __init__(self, environment: Sandbox) -> None:
        """`environment` has the filters and tests, looks up fields, and counts work."""
        self._environment = environment
        self._depth = 0
        self._builders: dict[type[ast.Node], Callable[[Any], Closure]] = {
            ast.Const: self._constant,
            ast.Name: self._name,
            ast.Getattr: self._attribute,
            ast.Getitem: self._item,
            ast.Filter: self._filter,
            ast.Test: self._test,
            ast.List: self._list,
            ast.Compare: self._comparison,
            ast.And: self._and,
            ast.Or: self._or,
            ast.Not: self._not,
            ast.CondExpr: self._choice,
            **dict.fromkeys(BINARY, self._binary),
            **dict.fromkeys((ast.Neg, ast.Pos), self._unary),
        }

    def of(self, statement: ast.Stmt) -> Closure | None:
        """Return a function from a record to the value that a statement assigns.

        `None` is for a statement that is not plain. The function raises what Jinja would raise.
        """
        try:
            if isinstance(statement, ast.Assign):
                return self._needed(statement.node)
            if isinstance(statement, ast.AssignBlock):
                return self._text(statement.body)
        except NotPlainError:
            pass
        return None

    def _needed(self, node: ast.Node) -> Closure:
        """Return an expression that is used in a way that makes a missing field an error.

        Jinja renders the record of an error again, so that any exception will do. In a table, a
        missing field may be an empty cell.
        """
        if not isinstance(node, ast.Name) or self._environment.cells is not None:
            return self._expression(node)
        is_field = node.name not in NO_FIELDS and node.name.isascii()
        return itemgetter(node.name) if is_field else self._expression(node)

    def _text(self, body: Iterable[ast.Node]) -> Closure:
        literals, parts = [""], []
        for output in body:
            if not isinstance(output, ast.Output):
                raise NotPlainError
            for node in output.nodes:
                if isinstance(node, ast.TemplateData):
                    literals[-1] += node.data
                else:
                    parts.append(self._needed(node))
                    literals.append("")
        if len(parts) == 1:
            return self._enclosed(parts[0], *literals)
        return self._joined(literals, parts)

    def _enclosed(self, part: Closure, before: str, after: str) -> Closure:
        work, printed = self._environment.work, self._environment.printed

        def enclosed(record: Record) -> str:
            value = part(record)
            if type(value) is str:
                # The usual case, without a call of `printed`.
                work.left -= len(value)
                if work.left < 0:
                    work.spend(0)
            else:
                value = str(printed(None, value))
            return f"{before}{value}{after}"

        return enclosed

    def _joined(self, literals: list[str], parts: list[Closure]) -> Closure:
        work, printed = self._environment.work, self._environment.printed
        form = "%s".join(literal.replace("%", "%%") for literal in literals)

        def joined(record: Record) -> str:
            texts = []
            for part in parts:
                value = part(record)
                if type(value) is str:
                    work.left -= len(value)
                    if work.left < 0:
                        work.spend(0)
                else:
                    value = str(printed(None, value))
                texts.append(value)
            return form % tuple(texts)

        return joined

    def _expression(self, node: ast.Node) -> Closure:
        build = self._builders.get(type(node))
        if build is None or self._depth == DEEPEST:
            raise NotPlainError
        self._depth += 1
        try:
            return build(node)
        finally:
            self._depth -= 1

    def _constant(self, node: ast.Const) -> Closure:
        value = node.value
        # Jinja writes `1e999` as the name `inf`.
        if isinstance(value, float) and not math.isfinite(value):
            raise NotPlainError
        return lambda record: value

    def _name(self, node: ast.Name) -> Closure:
        name, undefined = node.name, self._environment.undefined
        # Python treats some names with other letters as equal, and so does Jinja.
        if not name.isascii():
            raise NotPlainError
        if name == "omit":
            return lambda record: OMIT
        if name == "record":
            return lambda record: record.get(name, record)

        def field(record: Record) -> Any:
            try:
                return record[name]
            except KeyError:
                return undefined(name=name)

        return field

    def _attribute(self, node: ast.Getattr) -> Closure:
        owner_of, name = self._expression(node.node), node.attr
        look_up = self._environment.getattr
        _refuse_constants(node.node)

        def attribute(record: Record) -> Any:
            owner = owner_of(record)
            if type(owner) is dict and name in owner:
                return owner[name]
            return look_up(owner, name)

        return attribute

    def _item(self, node: ast.Getitem) -> Closure:
        owner_of = self._expression(node.node)
        if isinstance(node.arg, ast.Slice):
            _refuse_constants(node.node)
            part_of = self._slice(node.arg)
            return lambda record: owner_of(record)[part_of(record)]
        _refuse_constants(node.node, node.arg)
        key_of, look_up = self._expression(node.arg), self._environment.getitem
        if isinstance(node.arg, ast.Const):
            key = node.arg.value
            return lambda record: look_up(owner_of(record), key)
        return lambda record: look_up(owner_of(record), key_of(record))

    def _slice(self, node: ast.Slice) -> Closure:
        bounds = (node.start, node.stop, node.step)
        start, stop, step = (self._expression(bound or ast.Const(None)) for bound in bounds)
        return lambda record: slice(start(record), stop(record), step(record))

    def _filter(self, node: ast.Filter) -> Closure:
        if node.node is None:
            raise NotPlainError
        function: Any = self._environment.filters.get(node.name)
        is_needed = node.name in NEEDING
        value_of = self._needed(node.node) if is_needed else self._expression(node.node)
        call = self._call(function, value_of, node)
        if node.name == "join":
            return self._join(function, value_of, node) or call
        if node.name not in KEEPING_TEXT:
            return call

        def kept(record: Record) -> Any:
            value = value_of(record)
            return value if type(value) is str else function(value)

        return kept

    def _join(self, function: Any, value_of: Closure, node: ast.Filter) -> Closure | None:
        """Return the call of `join` with a constant text or none, usually of a list of texts."""
        constants = [argument.value for argument in node.args if isinstance(argument, ast.Const)]
        if len(constants) != len(node.args) or node.kwargs or len(constants) > 1:
            return None
        between = constants[0] if constants else ""
        if type(between) is not str:
            return None
        work, item_units = self._environment.work, ITEM_UNITS + len(between)

        def joined(record: Record) -> Any:
            value = value_of(record)
            if type(value) is list:
                try:
                    # Counted before the text is built, and as the filter counts it.
                    units = item_units * len(value) + sum(map(len, value))
                    if units <= work.left:
                        text = between.join(value)
                        work.left -= units
                        return text
                except TypeError:
                    # The filter converts the items, or refuses them.
                    pass
            return function(value, *constants)

        return joined

    def _test(self, node: ast.Test) -> Closure:
        return self._call(self._environment.tests.get(node.name), self._expression(node.node), node)

    def _call(self, function: Any, value_of: Closure, node: ast.Filter | ast.Test) -> Closure:
        """Return the call of a filter or test."""
        needs_context = hasattr(function, "jinja_pass_arg")
        if function is None or needs_context or node.dyn_args or node.dyn_kwargs:
            raise NotPlainError
        values = [option.value for option in node.kwargs]
        _refuse_constants(node.node, *node.args, *values)
        arguments = list(map(self._expression, node.args))
        options = {str(option.key): self._expression(option.value) for option in node.kwargs}
        if not arguments and not options:
            return lambda record: function(value_of(record))
        if not options and all(isinstance(argument, ast.Const) for argument in node.args):
            constants = [argument(NOTHING) for argument in arguments]
            return lambda record: function(value_of(record), *constants)
        return lambda record: function(
            value_of(record),
            *[argument(record) for argument in arguments],
            **{key: option(record) for key, option in options.items()},
        )

    def _binary(self, node: ast.BinExpr) -> Closure:
        left, right = self._expression(node.left), self._expression(node.right)
        call, sign = self._environment.call_binop, node.operator
        return lambda record: call(None, sign, left(record), right(record))

    def _unary(self, node: ast.UnaryExpr) -> Closure:
        value_of = self._expression(node.node)
        call, sign = self._environment.call_unop, node.operator
        return lambda record: call(None, sign, value_of(record))

    def _list(self, node: ast.List) -> Closure:
        items = list(map(self._expression, node.items))
        return lambda record: [item(record) for item in items]

    def _comparison(self, node: ast.Compare) -> Closure:
        if len(node.ops) != 1:
            raise NotPlainError
        compare, other = COMPARISONS[node.ops[0].op], node.ops[0].expr
        _refuse_constants(node.expr, other)
        left, right = self._expression(node.expr), self._expression(other)
        return lambda record: compare(left(record), right(record))

    def _and(self, node: ast.And) -> Closure:
        _refuse_constants(node.left)
        left, right = self._expression(node.left), self._expression(node.right)
        return lambda record: left(record) and right(record)

    def _or(self, node: ast.Or) -> Closure:
        _refuse_constants(node.left)
        left, right = self._expression(node.left), self._expression(node.right)
        return lambda record: left(record) or right(record)

    def _not(self, node: ast.Not) -> Closure:
        _refuse_constants(node.node)
        value_of = self._expression(node.node)
        return lambda record: not value_of(record)

    def _choice(self, node: ast.CondExpr) -> Closure:
        if node.expr2 is None:
            raise NotPlainError
        _refuse_constants(node.test)
        test = self._expression(node.test)
        one, other = self._expression(node.expr1), self._expression(node.expr2)
        return lambda record: one(record) if test(record) else other(record)


def _refuse_constants(*nodes: ast.Expr | None) -> None:
    """Raise NotPlainError if all nodes are constants.

    Jinja evaluates such an expression at compile time, where its work does not count.
    """
    if all(map(_is_constant, nodes)):
        raise NotPlainError


def _is_constant(node: ast.Expr | None) -> bool:
    return isinstance(node, ast.Const) or (
        isinstance(node, ast.List) and all(map(_is_constant, node.items))
    )
