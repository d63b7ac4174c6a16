"""Operators of templates: results are limited in size, errors have messages for users."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.values import check_defined, printable
from ld_import.manifest.templating.work import Work
from ld_import.wording import kind_of, show

# Close to the largest float. Python does not convert integers of more than 4,300 digits to text:
# https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
LONGEST_INTEGER_BITS = 1024
LONGEST_WIDTH_DIGITS = 4
VERBS = {"+": "added", "-": "subtracted", "*": "multiplied", "**": "raised to a power"}
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}

DIRECTIVE = (
    r"%(?P<key>\([^()]*\))?[#0\- +]*(?P<width>\*|\d*)(?:\.(?P<digits>\*|\d*))?[hlL]?(?P<end>.?)"
)


def binary(work: Work, sign: str, left: Any, right: Any) -> Any:
    """Return the result of a binary operator. Raises TemplateValueError."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _of_numbers(sign, left, right)
    check_defined(left, right)
    if sign == "%" and isinstance(left, str):
        return formatted(work, left, right)
    if sign == "+" and _kind_of_sequence(left) is not None:
        if _kind_of_sequence(left) is _kind_of_sequence(right):
            work.weigh(left)
            work.weigh(right)
            return left + right
    elif sign == "*":
        sequence, count = (right, left) if isinstance(left, int) else (left, right)
        if _kind_of_sequence(sequence) and isinstance(count, int):
            return _repeated(work, sequence, count)
    verb = VERBS.get(sign, "divided")
    advice = "; join texts with `~`" if sign == "+" else ""
    raise TemplateValueError(f"{kind_of(left)} and {kind_of(right)} cannot be {verb}{advice}")


def unary(sign: str, value: Any) -> Any:
    """Return the result of a unary operator. Raises TemplateValueError."""
    check_defined(value)
    if not isinstance(value, int | float):
        raise TemplateValueError(f"`{sign}` needs a number, not {show(value)}")
    return -value if sign == "-" else +value


def formatted(work: Work, text: str, values: Any) -> str:
    """Return `text % values`. Raises TemplateValueError, also for a result that is too long."""
    units, count = len(text), 0
    for match in re.finditer(DIRECTIVE, text, re.DOTALL):
        if match["end"] not in "diouxXeEfFgGcrsa%" or not match["end"]:
            raise TemplateValueError(f"{show(text)} is not a format; write `%%` for a percent sign")
        count += match["end"] != "%"
        units += width_of(match["width"]) + width_of(match["digits"] or "")
    before = work.left
    work.weigh(values)
    # A format can use the same key of a mapping many times.
    work.spend(units + (count * (before - work.left) if isinstance(values, dict) else 0))
    if isinstance(values, dict):
        values = _Printable(values)
    else:
        values = tuple(map(_argument, values if isinstance(values, tuple) else [values]))
    try:
        result: str = text % values
    except TemplateValueError:
        raise
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise TemplateValueError(f"the format {show(text)} does not match its values") from error
    work.spend(len(result))
    return result


class _Printable(dict[Any, Any]):
    def __getitem__(self, key: Any) -> Any:
        return _argument(super().__getitem__(key))


def _argument(value: Any) -> Any:
    return value if isinstance(value, int | float) else printable(value)


def width_of(digits: str) -> int:
    """Return a width or precision. Raises TemplateValueError for `*` and large numbers."""
    if digits == "*" or len(digits) > LONGEST_WIDTH_DIGITS:
        raise TemplateValueError(
            f"a format pads to at most {'9' * LONGEST_WIDTH_DIGITS} characters"
        )
    return int(digits or 0)


def _of_numbers(sign: str, left: float, right: float) -> float:
    too_large = TemplateValueError(f"the result of `{sign}` is too large")
    are_integers = isinstance(left, int) and isinstance(right, int)
    if sign == "**" and are_integers and int(left).bit_length() * right > 2 * LONGEST_INTEGER_BITS:
        raise too_large
    try:
        result = OPERATIONS[sign](left, right)
    except ZeroDivisionError:
        raise TemplateValueError("division by zero") from None
    except OverflowError:
        raise too_large from None
    if isinstance(result, complex):
        raise TemplateValueError("the root of a negative number is not a number")
    if isinstance(result, int) and result.bit_length() > LONGEST_INTEGER_BITS:
        raise too_large
    return float(result) if isinstance(result, float) else int(result)


def _kind_of_sequence(value: Any) -> type | None:
    return next((kind for kind in (str, list, tuple) if isinstance(value, kind)), None)


def _repeated(work: Work, sequence: Any, count: int) -> Any:
    before = work.left
    work.weigh(sequence)
    work.spend(max(count - 1, 0) * (before - work.left))
    return sequence * count
