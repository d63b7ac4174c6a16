"""Rewriting of the syntax tree of a template, so that all its work is counted.

Jinja's sandbox intercepts operators and calls. Loops, comparisons, slices, literals and `~` compile
to plain Python; here they get filters that count them. A template cannot contain the names of
these filters.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes as ast
from jinja2.visitor import NodeTransformer

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.work import PASS_UNITS

COUNT, WEIGH, JOIN, METHOD = (f"ld-import:{name}" for name in ("count", "weigh", "join", "method"))
RANGE = "ld-import:range"
FORBIDDEN = (ast.Extends, ast.Block, ast.Include, ast.Import, ast.FromImport)
# Jinja defines this name, even if the record has a field with it.
SELF = "self"


def add_guards(template: ast.Template) -> ast.Template:
    """Return the template with its guards. Raises TemplateValueError for forbidden statements."""
    if next(template.find_all(FORBIDDEN), None) is not None:
        raise TemplateValueError("a template cannot load or extend another template")
    if next(template.find_all(ast.CallBlock), None) is not None:
        raise TemplateValueError("a template cannot use `{% call %}`")
    guard = _Guard(_names_set_in(template))
    if SELF in guard.names:
        raise TemplateValueError("a template cannot set `self`")
    template.body = [guard.visit(node) for node in template.body]
    return template


def _names_set_in(template: ast.Template) -> set[str]:
    names = {node.name for node in template.find_all(ast.Name) if node.ctx != "load"}
    return names | {node.name for node in template.find_all(ast.Macro)}


class _Guard(NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names
        self._depth = 0

    def visit_For(self, node: ast.For) -> ast.Node:  # noqa: N802 - the name is given by NodeVisitor
        units = PASS_UNITS + _size_of([*node.body, *([node.test] if node.test else [])])
        node.iter = self.visit(node.iter)
        node.else_ = [self.visit(child) for child in node.else_]
        self._depth += 1
        if node.test:
            node.test = ast.And(_counting(units), self.visit(node.test), lineno=node.lineno)
        node.body = self._repeated(node.body, units)
        self._depth -= 1
        return node

    def visit_Macro(self, node: ast.Macro) -> ast.Node:  # noqa: N802
        units = PASS_UNITS + _size_of([*node.body, *node.defaults])
        self._depth += 1
        node.defaults = [self.visit(child) for child in node.defaults]
        node.body = self._repeated(node.body, units)
        self._depth -= 1
        return node

    def _repeated(self, body: list[ast.Node], units: int) -> list[ast.Node]:
        counted = ast.ExprStmt(_counting(units), lineno=1)
        return [counted, *(self.visit(child) for child in body)]

    def visit_Call(self, node: ast.Call) -> ast.Node:  # noqa: N802
        """Make `x.name(…)` a method call, even if `x` has a field with that name."""
        self.generic_visit(node)
        if isinstance(node.node, ast.Getattr):
            name = ast.Const(node.node.attr)
            return ast.Filter(
                node.node.node,
                METHOD,
                [name, *node.args],
                node.kwargs,
                node.dyn_args,
                node.dyn_kwargs,
                lineno=node.lineno,
            )
        called = node.node.name if isinstance(node.node, ast.Name) else None
        if called == "range" and called not in self.names:
            return _filter(ast.Const(None), RANGE, node.args, node.dyn_args)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Node:  # noqa: N802
        """Look up `self` in the record, not as the object that Jinja defines."""
        if node.name != SELF:
            return node
        return ast.Getitem(ast.ContextReference(), ast.Const(SELF), "load", lineno=node.lineno)

    def visit_Concat(self, node: ast.Concat) -> ast.Node:  # noqa: N802
        first, *rest = (self.visit(child) for child in node.nodes)
        return _filter(first, JOIN, rest)

    def visit_List(self, node: ast.List) -> ast.Node:  # noqa: N802
        return self._literal(node)

    def visit_Dict(self, node: ast.Dict) -> ast.Node:  # noqa: N802
        return self._literal(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.Node:  # noqa: N802
        return self._literal(node) if node.ctx == "load" else node

    def _literal(self, node: ast.Expr) -> ast.Expr:
        self.generic_visit(node)
        is_constant = all(isinstance(child, ast.Const) for child in node.iter_child_nodes())
        return node if is_constant else _filter(node, WEIGH)

    def visit_Compare(self, node: ast.Compare) -> ast.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = self._weighed(node.expr)
        for operand in node.ops:
            operand.expr = self._weighed(operand.expr)
        return node

    def visit_Getitem(self, node: ast.Getitem) -> ast.Node:  # noqa: N802
        self.generic_visit(node)
        if isinstance(node.arg, ast.Slice):
            node.node = self._weighed(node.node)
        return node

    def _weighed(self, node: ast.Expr) -> ast.Expr:
        """Count an operand, unless it is a part of the record that is read once."""
        root = node
        while isinstance(root, ast.Getattr | ast.Getitem):
            root = root.node
        is_once = not self._depth and isinstance(root, ast.Name) and root.name not in self.names
        is_plain = isinstance(node, ast.Const) or is_once
        return node if is_plain else _filter(node, WEIGH)


def _counting(units: int) -> ast.Expr:
    return _filter(ast.Const(units), COUNT)


def _filter(node: ast.Expr, name: str, args: Any = (), dyn_args: Any = None) -> ast.Filter:
    return ast.Filter(node, name, list(args), [], dyn_args, None, lineno=node.lineno or 1)


def _size_of(nodes: list[ast.Node]) -> int:
    """Return the minimum work of a pass: its nodes, and the characters between them."""
    size = len(nodes)
    for node in nodes:
        for child in node.find_all(ast.Node):
            size += len(child.data) if isinstance(child, ast.TemplateData) else 1
    return size
