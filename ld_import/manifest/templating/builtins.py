"""Jinja's own filters and tests as templates get them: bounded, and strict about their input.

Left out are `random`, whose results differ from run to run, and `pprint`, `urlize`, `wordwrap` and
`xmlattr`, which make nothing that media need and are costly to bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from inspect import unwrap
from typing import Any

from jinja2 import Undefined, pass_environment
from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS as JINJA
from jinja2.filters import make_attrgetter
from jinja2.nodes import EvalContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import htmlsafe_json_dumps, url_quote

from ld_import.manifest.templating import numeric
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
from ld_import.manifest.templating.omit import OMIT
from ld_import.manifest.templating.operators import formatted
from ld_import.manifest.templating.printing import printable
from ld_import.manifest.templating.unfit import Unfit, check_defined, text_of
from ld_import.manifest.templating.work import CALL_UNITS, ITEM_UNITS, VIEWS, Work
from ld_import.wording import show

Filter = Callable[..., Any]
Growth = Callable[..., int] | None
Cost = Callable[[Any], Any]

OWN_UNITS = 4
# For an item that is compared with others.
SORTING_UNITS = 30
PAIRS = (dict, list, tuple)
SEQUENCES = (str, list, tuple, dict, set, range, *VIEWS)
# Exceptions whose text is a sentence about the template.
IN_WORDS = (Unfit, TemplateRuntimeError)

# The units a character costs, by the time it takes.
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
# Those that look inside the items; the others only pass them on.
DEEP_FILTERS = ("dictsort", "groupby", "max", "min", "sort", "unique")
FLAT_FILTERS = ("list", "map", "reject", "rejectattr", "select", "selectattr")
LIGHT_FILTERS = ("count", "first", "items", "last", "length")
# Those that look at the type of a value only; the others compare.
TYPE_TESTS = frozenset((
    "boolean", "callable", "defined", "escaped", "false", "filter", "float", "integer", "iterable",
    "mapping", "none", "number", "sameas", "sequence", "string", "test", "true", "undefined",
))  # fmt: skip


def make_filters(
    environment: SandboxedEnvironment, work: Work, own: dict[str, Filter]
) -> dict[str, Any]:
    """Return all filters by name; `own` are the text filters of this program."""
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
        "format": text("format", partial(_format, work), 1),
        "indent": text("indent", bind("indent"), 2, indent_units),
        "replace": text("replace", _replace, 1, replaced_units),
        "striptags": text("striptags", _striptags, OWN_UNITS),
        "trim": text("trim", str.strip, 1, stripped_units),
        "truncate": text("truncate", bind("truncate"), 1, truncate_units),
        **{name: many(name, bind(name), deep) for name in DEEP_FILTERS},
        **{name: many(name, bind(name), flat) for name in FLAT_FILTERS},
        **{name: many(name, bind(name), light) for name in LIGHT_FILTERS},
        "batch": many("batch", bind("batch"), flat, batch_units),
        "join": many("join", partial(_join, environment), work.weigh, join_units),
        "reverse": many("reverse", bind("reverse"), flat),
        "slice": many("slice", bind("slice"), flat, slice_units),
        "sum": many("sum", partial(_sum, environment), work.weigh),
        "abs": value("abs", numeric.absolute),
        "filesizeformat": value("filesizeformat", _filesizeformat),
        "float": value("float", numeric.to_float),
        "int": value("int", numeric.to_int),
        "round": value("round", numeric.rounded),
        "tojson": value("tojson", _tojson, 6),
        "urlencode": value("urlencode", _urlencode, 4),
        "attr": pass_environment(_attr),
        "d": JINJA["d"],
        "default": JINJA["default"],
    }


def make_tests(work: Work) -> dict[str, Any]:
    """Return all tests by name; those that compare count what they compare."""
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
    """Return a filter that lets `omit` through, counts its work, and fails with a sentence.

    `units` are for a character of a text; other values are counted and read by `prepare`, and what
    arguments add by `growth`.
    """

    def filtered(value: Any, /, *args: Any, **kwargs: Any) -> Any:
        if type(value) is str:
            # Without the call of `spend`: most filters are applied to texts.
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
        except IN_WORDS:
            raise
        except Exception as error:
            raise failure(f"`{name}`", value, args) from error

    return filtered


def _guarded_test(work: Work, name: str, function: Any) -> Filter:
    def test(value: Any, *args: Any) -> Any:
        work.weigh(value)
        for one in args:
            work.weigh(one)
        try:
            return function(value, *args)
        except IN_WORDS:
            raise
        except Exception as error:
            raise failure(f"the test `{name}`", value, args) from error

    return test


def failure(what: str, value: Any, args: Iterable[Any]) -> Exception:
    """Return the error of something that cannot be applied to a value."""
    check_defined(*args)
    return Unfit(f"{what} cannot be applied to {show(value)}")


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
            str(value)  # raises, and names what is missing
        advice = "; put `default([])` or `default(omit, true)` before it" if value is None else ""
        raise Unfit(f"`{name}` needs a list, not {show(value)}{advice}")
    cost(value)
    return value


def _format(work: Work, text: str, *args: Any, **kwargs: Any) -> str:
    return formatted(work, text, kwargs or args)


def _striptags(text: str) -> str:
    # Few templates use it, and its library is slow to load.
    from ld_import.manifest.templating.html import strip_tags

    return strip_tags(text)


def _replace(text: str, old: Any, new: Any, count: int | None = None) -> str:
    return text.replace(printable(old), printable(new), -1 if count is None else count)


def _join(
    environment: SandboxedEnvironment, values: Any, d: Any = "", attribute: Any = None
) -> str:
    if attribute is not None:
        values = list(map(make_attrgetter(environment, attribute), values))
    between = printable(d)
    try:
        return between.join(values)
    except TypeError:
        return between.join(map(printable, values))


def _sum(
    environment: SandboxedEnvironment, values: Any, attribute: Any = None, start: Any = 0
) -> Any:
    if attribute is not None:
        values = map(make_attrgetter(environment, attribute), values)
    return numeric.total(list(values), start)


def _attr(environment: SandboxedEnvironment, value: Any, name: Any) -> Any:
    return environment.getattr(value, str(name))


def _filesizeformat(value: Any, binary: bool = False) -> str:
    return str(JINJA["filesizeformat"](numeric.to_float(value), binary))


def _tojson(value: Any) -> str:
    return htmlsafe_json_dumps(value, sort_keys=True)


def _urlencode(value: Any) -> str:
    if not isinstance(value, PAIRS):
        return url_quote(printable(value))
    pairs = value.items() if isinstance(value, dict) else value
    return "&".join(
        f"{url_quote(printable(key), for_qs=True)}={url_quote(printable(one), for_qs=True)}"
        for key, one in pairs
    )
