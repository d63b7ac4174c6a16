"""Operators of templates, with bounded results and sentences in place of Python's errors."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from ld_import.manifest.templating.printing import printable
from ld_import.manifest.templating.unfit import Unfit, check_defined
from ld_import.manifest.templating.work import Work
from ld_import.wording import kind_of, show

# Beyond it there is no float either, and Python refuses to write out integers of 4,300 digits.
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
    """Return the result of an operator, or raise `Unfit`."""
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
    raise Unfit(f"{kind_of(left)} and {kind_of(right)} cannot be {verb}{advice}")


def unary(sign: str, value: Any) -> Any:
    """Return a number with its sign, or raise `Unfit`."""
    check_defined(value)
    if not isinstance(value, int | float):
        raise Unfit(f"`{sign}` needs a number, not {show(value)}")
    return -value if sign == "-" else +value


def formatted(work: Work, text: str, values: Any) -> str:
    """Return `text % values`, as long as it stays within bounds."""
    units, count = len(text), 0
    for match in re.finditer(DIRECTIVE, text, re.DOTALL):
        if match["end"] not in "diouxXeEfFgGcrsa%" or not match["end"]:
            raise Unfit(f"{show(text)} is not a format; write `%%` for a percent sign")
        count += match["end"] != "%"
        units += width_of(match["width"]) + width_of(match["digits"] or "")
    before = work.left
    work.weigh(values)
    # A mapping may be asked for the same key again and again.
    work.spend(units + (count * (before - work.left) if isinstance(values, dict) else 0))
    if isinstance(values, dict):
        values = _Printable(values)
    else:
        values = tuple(map(_argument, values if isinstance(values, tuple) else [values]))
    try:
        result: str = text % values
    except Unfit:
        raise
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise Unfit(f"the format {show(text)} does not fit its values") from error
    work.spend(len(result))
    return result


class _Printable(dict[Any, Any]):
    def __getitem__(self, key: Any) -> Any:
        return _argument(super().__getitem__(key))


def _argument(value: Any) -> Any:
    return value if isinstance(value, int | float) else printable(value)


def width_of(digits: str) -> int:
    """Return the number a format pads or rounds to; `*` and large numbers raise `Unfit`."""
    if digits == "*" or len(digits) > LONGEST_WIDTH_DIGITS:
        raise Unfit(f"a format pads to at most {'9' * LONGEST_WIDTH_DIGITS} characters")
    return int(digits or 0)


def _of_numbers(sign: str, left: float, right: float) -> float:
    too_large = Unfit(f"the result of `{sign}` is too large")
    are_integers = isinstance(left, int) and isinstance(right, int)
    if sign == "**" and are_integers and int(left).bit_length() * right > 2 * LONGEST_INTEGER_BITS:
        raise too_large
    try:
        result = OPERATIONS[sign](left, right)
    except ZeroDivisionError:
        raise Unfit("division by zero") from None
    except OverflowError:
        raise too_large from None
    if isinstance(result, complex):
        raise Unfit("the root of a negative number is not a number")
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
