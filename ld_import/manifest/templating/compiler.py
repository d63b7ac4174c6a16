"""All templates of a mapping compiled into one, because entering a template is what costs time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2 import nodes as ast
from jinja2.visitor import NodeTransformer

from ld_import.errors import ManifestError
from ld_import.manifest.formats.csv_columns import Shape
from ld_import.manifest.templating.faults import worded
from ld_import.manifest.templating.guards import guarded
from ld_import.manifest.templating.natives import native
from ld_import.manifest.templating.omit import OMIT
from ld_import.manifest.templating.sandbox import (
    ID_FILTER,
    NEEDED_FILTER,
    NOT_IN_RECORD,
    OMIT_FILTER,
    Sandbox,
)
from ld_import.manifest.templating.unfit import Unfit
from ld_import.manifest.templating.work import WORK_LIMIT, Work
from ld_import.model import Problem
from ld_import.wording import nearest, shorten

VARIABLE = "ld_import_result_"


@dataclass(frozen=True, slots=True)
class Slot:
    """One template: the field it fills, its text, and whether it makes the externalId."""

    field: str
    text: str
    is_id: bool = False


class Templates:
    """Renders every slot for a record; the slots cannot see each other's results."""

    def __init__(
        self,
        slots: list[Slot],
        names: list[str],
        columns: Shape | None = None,
        *,
        work_limit: int = WORK_LIMIT,
    ) -> None:
        """Compile; `names` are the places of the slots in the manifest, for a `ManifestError`.

        `columns` are those of a table, whose empty cells leave properties out. `work_limit` bounds
        what the templates may do together for one record.
        """
        self._work = Work(work_limit)
        environment = Sandbox(self._work, columns)
        self._cells = environment.cells
        self._slots = slots
        self._globals = dict(environment.globals)
        self._variables = [f"{VARIABLE}{index}" for index in range(len(slots))]
        self._singles = []
        parts = []
        for slot, variable, name in zip(slots, self._variables, names, strict=True):
            try:
                # Jinja evaluates constant expressions while it compiles.
                self._work.renew()
                parts.append(_part(environment, slot, variable))
                self._singles.append(_compiled(environment, parts[-1:]))
            except (TemplateSyntaxError, Unfit) as error:
                text = f"`{name}` is no sound template: {error} (`{shorten(slot.text)}`)"
                raise ManifestError(text) from error
        self._work.renew()
        self._whole = _compiled(environment, parts)

    def render(self, record: dict[str, Any]) -> tuple[list[Any], list[Problem]]:
        """Give the value of each slot; where one fails, a problem for each that fails."""
        if self._cells is not None:
            self._cells.row = record
        scope = {**self._globals, "record": record, **record, "omit": OMIT}
        self._work.renew()
        try:
            return self._run(self._whole, scope, self._variables), []
        # A template is the user's program: it may raise anything, and none of it ends the run.
        except Exception:
            return self._run_each(scope, record)

    def _run(self, template: Template, scope: dict[str, Any], variables: list[str]) -> list[Any]:
        # `shared` hands the scope over uncopied; nothing writes to it.
        context = template.new_context(scope, shared=True)
        list(template.root_render_func(context))
        found, work = map(context.vars.__getitem__, variables), self._work
        # Without a call for texts, which most values are.
        return [one if type(one) is str else native(one, work) for one in found]

    def _run_each(
        self, scope: dict[str, Any], record: dict[str, Any]
    ) -> tuple[list[Any], list[Problem]]:
        values: list[Any] = []
        problems = []
        self._work.renew()
        for slot, single, name in zip(self._slots, self._singles, self._variables, strict=True):
            try:
                values += self._run(single, scope, [name])
            except Exception as error:
                values.append(None)
                problems.append(Problem(slot.field, _sentence(error, slot, record)))
        return values, problems


def is_template(text: str) -> bool:
    """Tell a template from a constant."""
    return "{{" in text or "{%" in text or "{#" in text


def _part(environment: Sandbox, slot: Slot, variable: str) -> ast.Stmt:
    """Make the statement that gives a slot's value a name.

    A lone expression keeps its type; anything else is a text.
    """
    template = environment.parse(slot.text)
    if slot.is_id:
        _guard_texts(template)
        if environment.cells is not None:
            _NeedsCells().visit(template)
    body = guarded(template).body
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
    """Let every value of an id template, printed or joined by `~`, through the filter for ids."""
    printing: list[ast.Output | ast.Concat] = [*template.find_all(ast.Output)]
    for node in [*printing, *template.find_all(ast.Concat)]:
        node.nodes = [
            each if isinstance(each, ast.TemplateData) else _filtered(each, ID_FILTER)
            for each in node.nodes
        ]


def _filtered(node: ast.Expr, name: str) -> ast.Filter:
    return ast.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _NeedsCells(NodeTransformer):
    """Lets no empty cell into an id, except through `default`."""

    def visit_Name(self, node: ast.Name) -> ast.Expr:  # noqa: N802 - the name of the visitor
        return _filtered(node, NEEDED_FILTER) if node.ctx == "load" else node

    def visit_Getattr(self, node: ast.Getattr | ast.Getitem) -> ast.Expr:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, NEEDED_FILTER)

    visit_Getitem = visit_Getattr


def _compiled(environment: Sandbox, parts: list[ast.Stmt]) -> Template:
    whole = ast.Template(list(parts), lineno=1)
    whole.set_environment(environment)
    return environment.from_string(whole)


def _sentence(error: Exception, slot: Slot, record: dict[str, Any]) -> str:
    """Word what went wrong in a template, with what to do where that is known."""
    text = str(error)
    if isinstance(error, UndefinedError) and text.endswith(NOT_IN_RECORD):
        name = text.split("`")[1]
        advice = f"{nearest(name, record)} Where it may be missing, write `| default(…)`"
        text = f"{text}: {advice}"
    elif not isinstance(error, TemplateError | Unfit):
        text = worded(error)
    return f"{text} (template `{shorten(slot.text)}`)"
