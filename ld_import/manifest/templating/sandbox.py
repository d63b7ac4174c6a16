"""The Jinja environment of a mapping: sandboxed, strict, bounded, and never guessing a type.

Jinja's `nativetypes` are not used: they evaluate text, and a title "2012" would become a number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from ld_import.manifest.formats.csv_columns import Shape
from ld_import.manifest.templating.builtins import make_filters, make_tests
from ld_import.manifest.templating.cells import DEFAULTS, Cells, EmptyCell, passing_empty
from ld_import.manifest.templating.filters import FILTERS
from ld_import.manifest.templating.guards import COUNT, JOIN, METHOD, RANGE, WEIGH
from ld_import.manifest.templating.methods import LOOP_FIELDS, Methods, methods_of
from ld_import.manifest.templating.omit import OMIT
from ld_import.manifest.templating.operators import OPERATIONS, binary, unary
from ld_import.manifest.templating.printing import printable, refuse, whole_number
from ld_import.manifest.templating.unfit import Unfit
from ld_import.manifest.templating.work import CALL_UNITS, MACRO_UNITS, Work
from ld_import.wording import nearest, shorten, show

ID_FILTER = "ld-import:id"
NEEDED_FILTER = "ld-import:needed"
OMIT_FILTER = "ld-import:omitted"
NOT_IN_RECORD = "is not in the record"
LARGEST_RANGE = 100_000


class MissingValue(StrictUndefined):
    """A value that is not there; using it raises a sentence that names it."""

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
            return f"`{shown}` is not in this mapping; {nearest(shown, map(str, owner))}"
        if isinstance(owner, list) and isinstance(name, int):
            return f"item {shown} is not in this list of {len(owner)}"
        advice = "; is a `()` or a filter missing?" if name in methods_of(owner) else ""
        return f"{show(owner)} has no `{shown}`{advice}"


class EmptyNeeded(MissingValue):
    """An empty cell where a value is needed; using it raises a sentence that names it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"`{shorten(str(self._undefined_name))}` is empty in this row"

    def __bool__(self) -> bool:  # type: ignore[override]
        """Be false, so that `if` and `or` can ask."""
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """Finds the fields of a record, and nothing of Python; counts what its templates do."""

    intercepted_binops = frozenset(OPERATIONS)
    intercepted_unops = frozenset("+-")

    def __init__(self, work: Work, columns: Shape | None = None) -> None:
        """Count in `work`. With `columns` an empty cell of one of them is not an unknown field."""
        super().__init__(
            undefined=MissingValue,
            autoescape=False,
            keep_trailing_newline=True,
            finalize=_printing(work),
        )
        self.work = work
        # The globals of Jinja would answer for a missing field: `{{ dict }}` is Python's class.
        self.globals = {}
        # What the manual says of `truncate(n)`: at most n characters.
        self.policies["truncate.leeway"] = 0
        filters = make_filters(self, work, FILTERS)
        filters |= {WEIGH: work.weigh, METHOD: Methods(self, work).call}
        self.cells: Cells | None = None
        if columns is not None:
            self.cells = self.undefined = Cells(columns, MissingValue)  # type: ignore[assignment]
            filters |= {
                name: passing_empty(one) for name, one in filters.items() if name not in DEFAULTS
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
            str(obj)  # raises, and names what is missing
        is_field = isinstance(obj, LoopContext) and attribute in LOOP_FIELDS
        if is_field or (isinstance(obj, tuple) and attribute in getattr(obj, "_fields", ())):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up a key or an index; a text that is neither may be a field of a loop or group."""
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

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a macro, or the loop in itself; nothing else can be called without a name."""
        __self.work.spend(MACRO_UNITS)
        if type(__obj) is EmptyCell:
            return __obj
        if isinstance(__obj, Undefined):
            str(__obj)  # raises, and names what is missing
        if not isinstance(__obj, Macro | LoopContext):
            raise Unfit(f"{show(__obj)} cannot be called; is a filter meant?")
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the result of an operator within bounds."""
        return binary(self.work, operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Return a number with a sign."""
        return unary(operator, arg)


def _needed(value: Any) -> Any:
    """Let an empty cell be an error where it is used, as an unknown field is."""
    return EmptyNeeded(name=value._undefined_name) if type(value) is EmptyCell else value


def _omitted(value: Any) -> Any:
    """Omit the property of an empty cell."""
    return OMIT if type(value) is EmptyCell else value


def _counting(work: Work) -> Callable[[Context, int], bool]:
    # With the context, for else Jinja would count once, while it compiles.
    @pass_context
    def counted(context: Context, units: int) -> bool:
        work.spend(abs(units))
        return True

    return counted


def _printing(work: Work) -> Callable[[Context, Any], Any]:
    # Without the context Jinja would print constants while compiling, where nothing is counted.
    @pass_context
    def printed(context: Context, value: Any) -> Any:
        """Let a value into a text: `null` as nothing, and no list or mapping."""
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
    """Join by `~`; `null` is nothing, as it is in a text."""
    texts = ["" if one is None else printable(one) for one in values]
    work.spend(CALL_UNITS + sum(map(len, texts)))
    return "".join(texts)


def _range(nothing: None, *args: Any) -> range:
    numbers = [whole_number(one, "an argument of `range`") for one in args]
    try:
        found = range(*numbers)
        count = len(found)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unfit("`range` takes a start, an end and a step that is not 0") from error
    if count > LARGEST_RANGE:
        raise Unfit(f"`range` gives at most {LARGEST_RANGE:,} numbers, not {count:,}")
    return found


def _id_text(value: Any) -> str:
    """Let a value into an externalId: text unchanged, an integer as its digits."""
    if isinstance(value, Undefined | str):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unfit(f"an externalId is made of texts and integers, not of {show(value)}")
