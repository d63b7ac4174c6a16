"""Jinja environment of a mapping: sandboxed, strict, with bounded work and without type guessing.

Jinja's NativeEnvironment is not used: it evaluates text, so a title "2012" would become a number
(https://jinja.palletsprojects.com/en/stable/nativetypes/).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from ld_import.manifest.base import Columns
from ld_import.manifest.templating.builtins import make_filters, make_tests
from ld_import.manifest.templating.cells import (
    DEFAULTS,
    EMPTY_IN_ROW,
    Cells,
    EmptyCell,
    keep_empty_cells,
)
from ld_import.manifest.templating.errors import NOT_IN_RECORD, TemplateValueError
from ld_import.manifest.templating.filters import FILTERS
from ld_import.manifest.templating.guards import COUNT, JOIN, METHOD, RANGE, WEIGH
from ld_import.manifest.templating.methods import LOOP_FIELDS, Methods, methods_of
from ld_import.manifest.templating.operators import OPERATIONS, binary, unary
from ld_import.manifest.templating.values import OMIT, printable, refuse, whole_number
from ld_import.manifest.templating.work import CALL_UNITS, MACRO_UNITS, Work
from ld_import.wording import did_you_mean, kind_of, shorten, show

ID_FILTER = "ld-import:id"
NEEDED_FILTER = "ld-import:needed"
OMIT_FILTER = "ld-import:omitted"
LARGEST_RANGE = 100_000


class MissingValue(StrictUndefined):
    """A missing value; using it raises an error with its name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name, owner = self._undefined_name, self._undefined_obj
        shown = shorten(name) if isinstance(name, str) else show(name)
        if owner is missing:
            return f"`{shown}` {NOT_IN_RECORD}"
        if isinstance(owner, dict):
            return f"`{shown}` is not in this mapping; {did_you_mean(shown, map(str, owner))}"
        if isinstance(owner, list) and isinstance(name, int):
            return f"item {shown} is not in this list of {len(owner)}"
        return f"{show(owner)} has no `{shown}`{_about(owner, name)}"


def _about(owner: Any, name: Any) -> str:
    """Return advice on a value that has no fields; null is a missing value."""
    if isinstance(name, str) and name in methods_of(owner):
        return "; add `()` to call it, or use a filter"
    if isinstance(owner, list | tuple):
        return "; write `[0]` for the first item of a list"
    return "" if owner is None else f"; it is {kind_of(owner)}, not a mapping with fields"


class EmptyNeeded(MissingValue):
    """An empty cell where a value is required; using it raises an error with its name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"`{shorten(str(self._undefined_name))}` {EMPTY_IN_ROW}"

    def __bool__(self) -> bool:  # type: ignore[override]
        """Return False, so that `if` and `or` accept it."""
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """Gives templates the fields of a record and nothing of Python; counts their work."""

    intercepted_binops = frozenset(OPERATIONS)
    intercepted_unops = frozenset("+-")

    def __init__(self, work: Work, columns: Columns | None = None) -> None:
        """Count work in `work`. With `columns`, their empty cells are not unknown fields."""
        self.printed = _printing(work)
        super().__init__(
            undefined=MissingValue,
            autoescape=False,
            keep_trailing_newline=True,
            finalize=self.printed,
        )
        self.work = work
        # The globals of Jinja would hide a missing field: `{{ dict }}` is the class of Python.
        self.globals = {}
        # By default `truncate(n)` allows 5 characters more than n:
        # https://jinja.palletsprojects.com/en/stable/templates/#jinja-filters.truncate
        self.policies["truncate.leeway"] = 0
        filters = make_filters(self, work, FILTERS)
        filters |= {WEIGH: work.weigh, METHOD: Methods(self, work).call}
        self.cells: Cells | None = None
        if columns is not None:
            self.cells = self.undefined = Cells(columns, MissingValue)  # type: ignore[assignment]
            filters |= {
                name: keep_empty_cells(function)
                for name, function in filters.items()
                if name not in DEFAULTS
            }
        filters |= {
            COUNT: _counting(work),
            JOIN: partial(_joined, work),
            RANGE: _range,
            ID_FILTER: _id_text,
            NEEDED_FILTER: _needed,
            OMIT_FILTER: _omitted,
        }
        self.filters = filters
        self.tests = make_tests(work)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up a field of a mapping, of a loop, or of a group that `groupby` made."""
        if type(obj) is EmptyCell:
            return obj
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, Undefined):
            str(obj)  # raises, and names the missing field
        is_field = isinstance(obj, LoopContext) and attribute in LOOP_FIELDS
        if is_field or (isinstance(obj, tuple) and attribute in getattr(obj, "_fields", ())):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up a key or an index; other texts can be fields of a loop or a group."""
        if isinstance(obj, Context):
            return obj.resolve(argument)
        if type(obj) is EmptyCell:
            return obj
        if type(argument) is str:
            self.work.spend(len(argument))
            return self.getattr(obj, argument)
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja
        """Call a macro or a recursive loop; no other value can be called."""
        __self.work.spend(MACRO_UNITS)
        if type(__obj) is EmptyCell:
            return __obj
        if isinstance(__obj, Undefined):
            str(__obj)  # raises, and names the missing field
        if not isinstance(__obj, Macro | LoopContext):
            raise TemplateValueError(f"{show(__obj)} cannot be called; did you mean a filter?")
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context | None, operator: str, left: Any, right: Any) -> Any:
        """Return the result of a binary operator, limited in size."""
        return binary(self.work, operator, left, right)

    def call_unop(self, context: Context | None, operator: str, arg: Any) -> Any:
        """Return the result of a unary operator."""
        return unary(operator, arg)


def _needed(value: Any) -> Any:
    """Make the use of an empty cell an error, like that of an unknown field."""
    return EmptyNeeded(name=value._undefined_name) if type(value) is EmptyCell else value


def _omitted(value: Any) -> Any:
    """Omit the property of an empty cell."""
    return OMIT if type(value) is EmptyCell else value


def _counting(work: Work) -> Callable[[Context, int], bool]:
    # Without the context Jinja would call it once, at compile time.
    @pass_context
    def counted(context: Context, units: int) -> bool:
        work.spend(abs(units))
        return True

    return counted


def _printing(work: Work) -> Callable[[Context | None, Any], Any]:
    # Without the context Jinja would print constants at compile time, where nothing is counted.
    @pass_context
    def printed(context: Context | None, value: Any) -> Any:
        """Return a value as part of a text: `null` is empty, lists and mappings are errors."""
        if isinstance(value, str):
            work.left -= len(value)
            if work.left < 0:
                work.spend(0)
            return value
        work.spend(CALL_UNITS)
        if value is None:
            return ""
        if isinstance(value, int | float | Undefined):
            return value
        return refuse(value)

    return printed


def _joined(work: Work, *values: Any) -> str:
    """Join values by `~`; `null` is empty, as in a text."""
    texts = ["" if value is None else printable(value) for value in values]
    work.spend(CALL_UNITS + sum(map(len, texts)))
    return "".join(texts)


def _range(nothing: None, *args: Any) -> range:
    numbers = [whole_number(number, "an argument of `range`") for number in args]
    try:
        result = range(*numbers)
        count = len(result)
    except (TypeError, ValueError, OverflowError) as error:
        raise TemplateValueError("`range` needs a start, an end and a step other than 0") from error
    if count > LARGEST_RANGE:
        raise TemplateValueError(f"`range` gives at most {LARGEST_RANGE:,} numbers, not {count:,}")
    return result


def _id_text(value: Any) -> str:
    """Return a value as part of an externalId: text unchanged, an integer as its digits."""
    if isinstance(value, Undefined | str):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TemplateValueError(f"an externalId consists of texts and integers, not of {show(value)}")
