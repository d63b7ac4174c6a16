"""Filters and tests of Jinja for templates: strict about their input, with counted work.

Excluded are `random`, whose results change with each run, and `pprint`, `urlize`, `wordwrap` and
`xmlattr`, which media do not need and whose work is hard to limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from inspect import unwrap
from typing import Any

from jinja2 import Undefined, pass_environment
from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS as JINJA
from jinja2.nodes import EvalContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS

from ld_import.manifest.templating import numeric, replacements
from ld_import.manifest.templating.errors import TemplateValueError, usage_of
from ld_import.manifest.templating.growth import (
    batch_units,
    center_units,
    indent_units,
    join_units,
    replaced_units,
    slice_units,
    stripped_units,
    truncate_units,
)
from ld_import.manifest.templating.values import OMIT, check_defined, text_of
from ld_import.manifest.templating.work import CALL_UNITS, ITEM_UNITS, VIEWS, Work
from ld_import.wording import show

Filter = Callable[..., Any]
Growth = Callable[..., int] | None
Cost = Callable[[Any], Any]

OWN_UNITS = 4
# For each item that is compared with others.
SORTING_UNITS = 30
SEQUENCES = (str, list, tuple, dict, set, range, *VIEWS)
# Exceptions with a message that is written for users.
USER_ERRORS = (TemplateValueError, TemplateRuntimeError)

# Units for each character, by measured time.
TEXT_FILTERS = {
    "capitalize": 1,
    "e": 5,
    "escape": 5,
    "forceescape": 5,
    "lower": 1,
    "safe": 1,
    "string": 1,
    "title": 4,
    "upper": 1,
    "wordcount": 4,
}
# Filters that read inside the items; the flat ones only pass them on.
DEEP_FILTERS = ("dictsort", "groupby", "max", "min", "sort", "unique")
FLAT_FILTERS = ("list", "map", "reject", "rejectattr", "select", "selectattr")
LIGHT_FILTERS = ("count", "first", "items", "last", "length")
# Tests that read only the type of a value; the others compare values.
TYPE_TESTS = frozenset((
    "boolean", "callable", "defined", "escaped", "false", "filter", "float", "integer", "iterable",
    "mapping", "none", "number", "sameas", "sequence", "string", "test", "true", "undefined",
))  # fmt: skip


def make_filters(
    environment: SandboxedEnvironment, work: Work, own: dict[str, Filter]
) -> dict[str, Any]:
    """Return all filters by name; `own` are the filters that Jinja does not have."""
    bind = partial(_bound, environment)

    def text(name: str, function: Filter, units: int, growth: Growth = None) -> Filter:
        return _guarded(work, name, function, units, partial(_text, work, name, units), growth)

    def many(name: str, function: Filter, cost: Cost, growth: Growth = None) -> Filter:
        units = 0 if cost is light else ITEM_UNITS
        return _guarded(work, name, function, units, partial(_sequence, name, cost), growth)

    def value(name: str, function: Filter, units: int = 1) -> Filter:
        return _guarded(work, name, function, units, partial(_weighed, work, units), None)

    def flat(value: Any) -> None:
        work.spend(CALL_UNITS + ITEM_UNITS * len(value))

    def deep(value: Any) -> None:
        work.weigh(value)
        work.spend(CALL_UNITS + SORTING_UNITS * len(value))

    def light(value: Any) -> None:
        work.spend(CALL_UNITS)

    return {
        **{name: text(name, bind(name), units) for name, units in TEXT_FILTERS.items()},
        **{name: value(name, function, OWN_UNITS) for name, function in own.items()},
        "center": text("center", bind("center"), 1, center_units),
        "format": text("format", partial(replacements.format_text, work), 1),
        "indent": text("indent", bind("indent"), 2, indent_units),
        "replace": text("replace", replacements.replace, 1, replaced_units),
        "striptags": text("striptags", replacements.striptags, OWN_UNITS),
        "trim": text("trim", str.strip, 1, stripped_units),
        "truncate": text("truncate", bind("truncate"), 1, truncate_units),
        **{name: many(name, bind(name), deep) for name in DEEP_FILTERS},
        **{name: many(name, bind(name), flat) for name in FLAT_FILTERS},
        **{name: many(name, bind(name), light) for name in LIGHT_FILTERS},
        "batch": many("batch", bind("batch"), flat, batch_units),
        "join": many("join", partial(replacements.join, environment), work.weigh, join_units),
        "reverse": many("reverse", bind("reverse"), flat),
        "slice": many("slice", bind("slice"), flat, slice_units),
        "sum": many("sum", partial(replacements.sum_values, environment), work.weigh),
        "abs": value("abs", numeric.absolute),
        "filesizeformat": value("filesizeformat", replacements.filesizeformat),
        "float": value("float", numeric.to_float),
        "int": value("int", numeric.to_int),
        "round": value("round", numeric.rounded),
        "tojson": value("tojson", replacements.tojson, 6),
        "urlencode": value("urlencode", replacements.urlencode, 4),
        "attr": pass_environment(replacements.attr),
        "d": JINJA["d"],
        "default": JINJA["default"],
    }


def make_tests(work: Work) -> dict[str, Any]:
    """Return all tests by name; tests that compare values count them."""
    return {
        name: TESTS[name] if name in TYPE_TESTS else _guarded_test(work, name, TESTS[name])
        for name in TESTS
    }


def _bound(environment: SandboxedEnvironment, name: str) -> Filter:
    """Return a filter of Jinja without the dispatch to its asynchronous variant."""
    function: Filter = unwrap(JINJA[name])
    match getattr(function, "jinja_pass_arg", None):
        case None:
            return function
        case kind if kind.name == "environment":
            return partial(function, environment)
        case kind if kind.name == "eval_context":
            return partial(function, EvalContext(environment))
    return partial(function, environment.context_class(environment, {}, None, {}))


def _guarded(
    work: Work,
    name: str,
    function: Filter,
    units: int,
    prepare: Callable[[Any], Any],
    growth: Growth,
) -> Filter:
    """Return a filter that passes `omit` on, counts its work, and raises errors for users.

    `units` apply to each character of a text; `prepare` counts and converts other values, and
    `growth` counts the work that arguments add.
    """

    def filtered(value: Any, /, *args: Any, **kwargs: Any) -> Any:
        if type(value) is str:
            # The usual case, without a call of `spend`.
            work.left -= CALL_UNITS + units * len(value)
            if work.left < 0:
                work.spend(0)
        elif value is OMIT:
            return value
        else:
            value = prepare(value)
        try:
            if growth is not None and (args or kwargs):
                work.spend(growth(value, *args, **kwargs))
            return function(value, *args, **kwargs)
        except USER_ERRORS:
            raise
        except Exception as error:
            check_defined(*args)
            if isinstance(error, TypeError) and "argument" in str(error):
                raise TemplateValueError(usage_of(name)) from error
            raise cannot_apply(f"`{name}`", value, args) from error

    return filtered


def _guarded_test(work: Work, name: str, function: Any) -> Filter:
    def test(value: Any, *args: Any) -> Any:
        work.weigh(value)
        for argument in args:
            work.weigh(argument)
        try:
            return function(value, *args)
        except USER_ERRORS:
            raise
        except Exception as error:
            raise cannot_apply(f"the test `{name}`", value, args) from error

    return test


def cannot_apply(what: str, value: Any, args: Iterable[Any]) -> Exception:
    """Return the error for a filter or test that cannot be applied to a value."""
    check_defined(*args)
    return TemplateValueError(f"{what} cannot be applied to {show(value)}")


def _text(work: Work, name: str, units: int, value: Any) -> Any:
    if not isinstance(value, str):
        is_number = isinstance(value, int | float)
        value = str(value) if is_number else text_of(value, name)
    work.spend(CALL_UNITS + units * len(value))
    return value


def _weighed(work: Work, units: int, value: Any) -> Any:
    before = work.left
    work.weigh(value)
    work.spend(CALL_UNITS + (units - 1) * (before - work.left))
    return value


def _sequence(name: str, cost: Cost, value: Any) -> Any:
    if not isinstance(value, SEQUENCES):
        if isinstance(value, Iterator):
            value = list(value)
            cost(value)
            return value
        if isinstance(value, Undefined):
            str(value)  # raises, and names the missing field
        advice = "; put `default([])` or `default(omit, true)` before it" if value is None else ""
        raise TemplateValueError(f"`{name}` needs a list, not {show(value)}{advice}")
    cost(value)
    return value
