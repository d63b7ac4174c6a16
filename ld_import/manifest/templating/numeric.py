"""Filters for numbers that replace those of Jinja, which convert everything invalid to 0."""

from __future__ import annotations

import math
import re
from typing import Any

from jinja2 import Undefined
from jinja2.filters import do_round

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.values import whole_number
from ld_import.wording import show

LONGEST_NUMBER = 300
LARGEST_PRECISION = 20
MISSING = object()

# Spreadsheets and pandas write 12 as `12.0`; `12.000` may mean twelve thousand.
WHOLE = r"([+-]?\d+)(?:\.0)?"
DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def to_int(value: Any, default: Any = MISSING, base: int = 10) -> Any:
    """Return a whole number, else `default` if given. Raises TemplateValueError otherwise."""
    number = _int_of(value, base)
    if number is not None:
        return number
    if default is not MISSING:
        return default
    advice = "; `| round | int` rounds it" if isinstance(value, float) else _advice(value, "int(0)")
    raise TemplateValueError(f"{show(value)} is not a whole number{advice}")


def to_float(value: Any, default: Any = MISSING) -> Any:
    """Return a finite number, else `default` if given. Raises TemplateValueError otherwise."""
    number = _float_of(value)
    if number is not None:
        return number
    if default is not MISSING:
        return default
    raise TemplateValueError(f"{show(value)} is not a number{_advice(value, 'float(0)')}")


def rounded(value: Any, precision: Any = 0, method: Any = "common") -> Any:
    """Round as Jinja does, with a limited precision."""
    if not _is_number(value) or not math.isfinite(value):
        raise TemplateValueError(
            f"`round` needs a number, not {show(value)}; put `float` before it"
        )
    if abs(whole_number(precision, "a precision")) > LARGEST_PRECISION:
        raise TemplateValueError(f"`round` takes a precision of at most {LARGEST_PRECISION}")
    return do_round(value, precision, method)


def absolute(value: Any) -> Any:
    """Return the absolute value of a number."""
    if not _is_number(value):
        raise TemplateValueError(f"`abs` needs a number, not {show(value)}")
    return abs(value)


def total(values: list[Any], start: Any) -> Any:
    """Add numbers, or lists if `start` is one, in time proportional to their number."""
    if isinstance(start, list):
        if not all(isinstance(value, list) for value in values):
            raise TemplateValueError("`sum` with a list as start adds lists only")
        return [*start, *(item for value in values for item in value)]
    for value in [*values, start]:
        if not _is_number(value):
            raise TemplateValueError(
                f"`sum` adds numbers, not {show(value)}; put `map('float')` before it"
            )
    return sum(values, start)


def _advice(value: Any, with_default: str) -> str:
    if value is None or value == "":
        return "; put `default(omit, true)` before it to leave the field out"
    return f"; `| {with_default}` gives 0 for such a value"


def _is_number(value: Any) -> bool:
    if isinstance(value, Undefined):
        str(value)  # raises, and names the missing field
    return isinstance(value, int | float) and not isinstance(value, bool)


def _int_of(value: Any, base: int) -> int | None:
    if isinstance(value, str):
        return _int_in(value.strip(), base)
    if not _is_number(value) or not math.isfinite(value) or int(value) != value:
        return None
    return int(value)


def _int_in(text: str, base: int) -> int | None:
    if len(text) > LONGEST_NUMBER:
        return None
    if base == 10:
        match = re.fullmatch(WHOLE, text)
        return int(match.group(1)) if match else None
    try:
        return None if "_" in text else int(text, base)
    except ValueError:
        return None


def _float_of(value: Any) -> float | None:
    if isinstance(value, str):
        text = value.strip()
        number = (
            float(text) if len(text) <= LONGEST_NUMBER and re.fullmatch(DECIMAL, text) else math.nan
        )
    else:
        number = float(value) if _is_number(value) else math.nan
    return number if math.isfinite(number) else None
