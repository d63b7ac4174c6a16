"""Methods that templates can call: they read a value, and their results are limited in size.

`x.name` is always a field and `x.name(…)` always a method, so that neither hides the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jinja2.runtime import LoopContext
from jinja2.sandbox import SandboxedEnvironment, SandboxedFormatter

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.growth import (
    center_units,
    expanded_units,
    joined_units,
    replaced_units,
    stripped_units,
)
from ld_import.manifest.templating.operators import LONGEST_WIDTH_DIGITS, width_of
from ld_import.manifest.templating.values import check_defined, printable
from ld_import.manifest.templating.work import CALL_UNITS, ITEM_UNITS, Work
from ld_import.wording import did_you_mean, show

TEXT_METHODS = frozenset((
    "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format",
    "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower",
    "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip",
    "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase",
    "title", "upper", "zfill",
))  # fmt: skip
METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, TEXT_METHODS),
    (dict, frozenset({"items", "keys", "values", "get", "copy"})),
    (list, frozenset({"index", "count", "copy"})),
    (tuple, frozenset({"index", "count"})),
    (float, frozenset({"is_integer"})),
    (LoopContext, frozenset({"cycle", "changed"})),
)
LOOP_FIELDS = frozenset((
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0",
    "previtem", "nextitem",
))  # fmt: skip

WIDE = rf"\d{{{LONGEST_WIDTH_DIGITS + 1}}}"


GROWTH: dict[str, Callable[..., int]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), center_units),
    **dict.fromkeys(("strip", "lstrip", "rstrip"), stripped_units),
    "replace": replaced_units,
    "join": joined_units,
    "expandtabs": expanded_units,
}


def methods_of(value: Any) -> frozenset[str]:
    """Return the names of the methods of a value."""
    return next((names for kind, names in METHODS if isinstance(value, kind)), frozenset())


class Methods:
    """Calls methods for the templates of one environment."""

    def __init__(self, environment: SandboxedEnvironment, work: Work) -> None:
        """`environment` looks up the fields in a format; `work` counts."""
        self._formatter = _Formatter(environment, work)
        self._work = work

    def call(self, value: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call the method `name` of a value. Raises TemplateValueError."""
        check_defined(value, *args, *kwargs.values())
        names = methods_of(value)
        if name not in names:
            raise TemplateValueError(
                f"{show(value)} has no method `{name}`; {did_you_mean(name, sorted(names))}"
            )
        self._work.spend(CALL_UNITS)
        for argument in args:
            self._work.weigh(argument)
        try:
            return self._result(value, name, args, kwargs)
        except (TypeError, ValueError, LookupError, OverflowError) as error:
            if isinstance(error, TemplateValueError):
                raise
            raise TemplateValueError(f"`.{name}(…)` cannot be applied to {show(value)}") from error

    def _result(self, value: Any, name: str, args: Any, kwargs: Any) -> Any:
        if not isinstance(value, str):
            return getattr(value, name)(*args, **kwargs)
        if name == "format":
            return self._formatter.vformat(value, args, kwargs)
        if name == "join":
            args = ([printable(part) for part in args[0]], *args[1:])
        growth = GROWTH.get(name)
        self._work.spend(len(value) + (growth(value, *args, **kwargs) if growth else 0))
        result = getattr(value, name)(*args, **kwargs)
        if isinstance(result, str):
            self._work.spend(len(result))
        elif isinstance(result, list):
            self._work.spend(ITEM_UNITS * len(result))
        return result


class _Formatter(SandboxedFormatter):
    def __init__(self, environment: SandboxedEnvironment, work: Work) -> None:
        super().__init__(environment)
        self._work = work

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion not in (None, "s"):
            raise TemplateValueError(f"`!{conversion}` gives the notation of Python; remove it")
        return value

    def format_field(self, value: Any, format_spec: str) -> Any:
        if wide := re.search(WIDE, format_spec):
            width_of(wide.group())
        text = format(value if isinstance(value, int | float) else printable(value), format_spec)
        self._work.spend(CALL_UNITS + len(text))
        return text
