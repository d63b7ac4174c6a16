"""Compiler of the templates of a mapping: plain ones become closures, the others one template.

Starting a template is slow, so those that Jinja renders are joined. Jinja also renders each record
on which anything fails, so that all errors and messages have one origin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import Template, TemplateError, TemplateSyntaxError
from jinja2 import nodes as ast
from jinja2.visitor import NodeTransformer

from ld_import.errors import ManifestError
from ld_import.manifest.base import Columns
from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.guards import add_guards
from ld_import.manifest.templating.plain_map import PlainMap
from ld_import.manifest.templating.sandbox import (
    ID_FILTER,
    NEEDED_FILTER,
    OMIT_FILTER,
    Sandbox,
)
from ld_import.manifest.templating.slots import Slot
from ld_import.manifest.templating.values import OMIT, to_json
from ld_import.manifest.templating.work import WORK_LIMIT, Work
from ld_import.model import Problem
from ld_import.wording import shorten

if TYPE_CHECKING:
    from ld_import.manifest.templating.columns import Column

VARIABLE = "ld_import_result_"
LACKS_A_BRACE = "`}}` has only one `{` before it; write `{{`"
# `{ title }}`: without `{{` it would be the same text for every record.
_lacks_a_brace = re.compile(r"(?<!\{)\{\s*[A-Za-z_][\w.\[\]]*\s*(?:\|[^{}]*)?\}\}").search
# `{title}` and `${title}`, the placeholders of other programs.
_in_single_braces = re.compile(r"\s*\$?\{\s*([A-Za-z_][\w.]*)\s*\}\s*").fullmatch


class Templates:
    """Renders all slots of a record; a slot has no access to the results of the others."""

    def __init__(
        self,
        slots: list[Slot],
        names: list[str],
        columns: Columns | None = None,
        *,
        work_limit: int = WORK_LIMIT,
    ) -> None:
        """Compile the slots; `names` are their keys in the manifest, for error messages.

        `columns` are those of a table: its empty cells omit properties. `work_limit` limits the
        work of all templates together for one record. Raises `ManifestError`.
        """
        if not slots:
            # Nothing is rendered, and an environment takes a millisecond.
            return
        self._work = Work(work_limit)
        environment = Sandbox(self._work, columns)
        self._cells = environment.cells
        self._slots = slots
        self._filters = environment.filters
        self._globals = dict(environment.globals)
        self._variables = [f"{VARIABLE}{index}" for index in range(len(slots))]
        self._environment = environment
        # Imported when there are templates.
        from ld_import.manifest.templating.closures import Closures

        try:
            self._parts = [
                _part(environment, slot, variable)
                for slot, variable in zip(slots, self._variables, strict=True)
            ]
            closures = list(map(Closures(environment).of, self._parts))
            self._closures = [closure or _rendered_by_jinja for closure in closures]
            self._others = [at for at, closure in enumerate(closures) if closure is None]
            if self._others:
                self._joined = self._compiled([self._parts[at] for at in self._others])
        except (TemplateError, TemplateValueError):
            if mistakes := self._mistakes(names):
                raise ManifestError(_listed(mistakes)) from None
            raise

    def _mistakes(self, names: list[str]) -> list[str]:
        """Return the message about each slot that cannot be compiled."""
        mistakes = []
        for slot, variable, name in zip(self._slots, self._variables, names, strict=True):
            try:
                self._compiled([_part(self._environment, slot, variable)])
            except (TemplateError, TemplateValueError) as error:
                mistakes.append(_mistake(error, slot, name, self._environment))
        return mistakes

    @cached_property
    def _singles(self) -> list[Template | Exception]:
        """Each slot as a template of its own, compiled for the first record with a problem."""
        return [self._single(part) for part in self._parts]

    def _single(self, part: ast.Stmt) -> Template | Exception:
        """Return the template of one slot, or why its constant expressions have no value."""
        try:
            return self._compiled([part])
        except Exception as error:
            return error

    def _compiled(self, parts: list[ast.Stmt]) -> Template:
        # Jinja evaluates constant expressions at compile time.
        self._work.renew()
        whole = ast.Template(list(parts), lineno=1)
        whole.set_environment(self._environment)
        return self._environment.from_string(whole)

    def unknown_names(self, known: Collection[str]) -> list[list[str]]:
        """Return for each slot the names that it uses and that are not among the known ones."""
        # Only needed for templates of a configuration.
        from jinja2.meta import find_undeclared_variables

        names = {*known, *self._globals, "record", "omit"}
        return [
            sorted(find_undeclared_variables(self._environment.parse(slot.text)) - names)
            for slot in self._slots
        ]

    def function_of(self, layout: Any) -> Callable[[dict[str, Any]], Any] | None:
        """Return the function that fills a layout for a record, `None` if Jinja renders a slot.

        It fails for each record on which `render` has problems.
        """
        return None if self._others else PlainMap(self._closures, self._work).function_of(layout)

    def id_function(self) -> Callable[[dict[str, Any]], Any] | None:
        """Return the function from a record to the text of its id, which the first slot makes."""
        return None if 0 in self._others else self._closures[0]

    def columns(self) -> list[Column] | None:
        """Return the column of each slot, `None` if one of them has none."""
        # Imported when there are templates.
        from ld_import.manifest.templating.columns import column_of

        columns = [column for part in self._parts if (column := column_of(part)) is not None]
        return columns if len(columns) == len(self._parts) else None

    @property
    def work_limit(self) -> int:
        """The work of all templates for one record, in units."""
        return self._work.limit

    def begin(self, record: dict[str, Any]) -> None:
        """Set the record whose templates run next."""
        if self._cells is not None:
            self._cells.row = record
        self._work.renew()

    def render(self, record: dict[str, Any]) -> tuple[list[Any], list[Problem]]:
        """Return the value of each slot, `None` for one that fails, and the problems."""
        self.begin(record)
        try:
            return self._values(record), []
        # A template is a program of the user: whatever it raises makes one record invalid.
        except Exception:
            return self._run_each(record)

    def _values(self, record: dict[str, Any]) -> list[Any]:
        values = [closure(record) for closure in self._closures]
        for value in values:
            if type(value) is not str:
                # Most values are texts, which need no call.
                values = [self._json_of(value) for value in values]
                break
        if self._others:
            variables = self._run(self._joined, self._scope(record))
            for at in self._others:
                values[at] = self._json_of(variables[self._variables[at]])
        return values

    def _json_of(self, value: Any) -> Any:
        return value if type(value) is str else to_json(value, self._work)

    def _scope(self, record: dict[str, Any]) -> dict[str, Any]:
        return {**self._globals, "record": record, **record, "omit": OMIT}

    def _run(self, template: Template, scope: dict[str, Any]) -> dict[str, Any]:
        """Return the variables that a template sets."""
        # `shared` passes the scope without a copy; nothing writes to it.
        context = template.new_context(scope, shared=True)
        list(template.root_render_func(context))
        return context.vars

    def _run_each(self, record: dict[str, Any]) -> tuple[list[Any], list[Problem]]:
        values: list[Any] = []
        problems = []
        scope = self._scope(record)
        # Before the budget is renewed: compiling may use some.
        singles = self._singles
        self._work.renew()
        for slot, single, name in zip(self._slots, singles, self._variables, strict=True):
            try:
                if isinstance(single, Exception):
                    raise single
                values.append(self._json_of(self._run(single, scope)[name]))
            except Exception as error:
                # Imported when there is a mistake, as below.
                from ld_import.manifest.templating.messages import message_of

                values.append(None)
                text = message_of(error, slot, record, self._filters)
                problems.append(Problem(slot.field, text))
        return values, problems


def _rendered_by_jinja(record: dict[str, Any]) -> None:
    """Return nothing for a slot without a closure: Jinja renders it afterwards."""


def is_template(text: str) -> bool:
    """Return whether a text is a template, or a mistake for one, and not a constant."""
    return "{{" in text or "{%" in text or "{#" in text or _is_mistaken(text)


def _is_mistaken(text: str) -> bool:
    return _lacks_a_brace(text) is not None or _in_single_braces(text) is not None


def _part(environment: Sandbox, slot: Slot, variable: str) -> ast.Stmt:
    """Return the statement that assigns the value of a slot to a variable.

    A single expression keeps its type; every other template results in text.
    """
    if _lacks_a_brace(slot.text):
        raise TemplateValueError(LACKS_A_BRACE)
    if single := _in_single_braces(slot.text):
        raise TemplateValueError(f"a field is written in two braces; write `{{{{ {single[1]} }}}}`")
    template = environment.parse(slot.text)
    if slot.is_id:
        _guard_texts(template)
        if environment.cells is not None:
            _NeedsCells().visit(template)
    body = add_guards(template).body
    target = ast.Name(variable, "store", lineno=1)
    if slot.is_id:
        pass
    elif len(body) == 1 and isinstance(body[0], ast.Output) and len(body[0].nodes) == 1:
        expression = body[0].nodes[0]
        if not isinstance(expression, ast.TemplateData):
            if environment.cells is not None:
                expression = _filtered(expression, OMIT_FILTER)
            return ast.Assign(target, expression, lineno=1)
    return ast.AssignBlock(target, None, body, lineno=1)


def _guard_texts(template: ast.Template) -> None:
    """Apply the filter for ids to every value that is printed or joined by `~`."""
    printing: list[ast.Output | ast.Concat] = [*template.find_all(ast.Output)]
    for node in [*printing, *template.find_all(ast.Concat)]:
        node.nodes = [
            child if isinstance(child, ast.TemplateData) else _filtered(child, ID_FILTER)
            for child in node.nodes
        ]


def _filtered(node: ast.Expr, name: str) -> ast.Filter:
    return ast.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _NeedsCells(NodeTransformer):
    """Makes an empty cell in an id an error, unless `default` is applied."""

    def visit_Name(self, node: ast.Name) -> ast.Expr:  # noqa: N802 - the name is given by NodeVisitor
        return _filtered(node, NEEDED_FILTER) if node.ctx == "load" else node

    def visit_Getattr(self, node: ast.Getattr | ast.Getitem) -> ast.Expr:  # noqa: N802 - as above
        self.generic_visit(node)
        return _filtered(node, NEEDED_FILTER)

    visit_Getitem = visit_Getattr  # noqa: N815 - as above


def _mistake(
    error: TemplateError | TemplateValueError, slot: Slot, name: str, environment: Sandbox
) -> str:
    """Return the message about a template that cannot be compiled."""
    text = str(error)
    if isinstance(error, TemplateSyntaxError):
        from ld_import.manifest.templating.syntax_errors import explain_syntax

        text = explain_syntax(text, slot.text, environment.filters, environment.tests)
    what, _, advice = text.partition("; ")
    mistake = f"`{name}` is not a valid template: {what} (`{shorten(slot.text)}`)"
    return f"{mistake}; {advice}" if advice else mistake


def _listed(mistakes: list[str]) -> str:
    if len(mistakes) == 1:
        return mistakes[0]
    sentences = [text if text.endswith("?") else f"{text}." for text in mistakes]
    listed = " ".join(f"({number}) {text}" for number, text in enumerate(sentences, 1))
    return f"{len(mistakes)} templates are not valid: {listed}"
