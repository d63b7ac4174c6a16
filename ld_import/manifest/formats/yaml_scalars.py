"""What a plain YAML scalar is: JSON's own words and numbers are typed, all else stays text.

YAML 1.1 would read `0012` as 10, `no` as False, `12:30` as 750 and `2024-01-01` as a date.
"""

from __future__ import annotations

import re
from decimal import Decimal
from types import NoneType
from typing import Any

WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
SMALLEST, LARGEST = -(2**63), 2**64 - 1
INTEGER_DIGITS = 20
# With its point, and without an exponent, a number of this length has at most fifteen digits.
EXACT_LENGTH = 16
COMPARED_LENGTH = 1000
CORE = "tag:yaml.org,2002:"
TAGS: dict[str, tuple[type, ...]] = {
    f"{CORE}int": (int,),
    f"{CORE}float": (int, float),
    f"{CORE}bool": (bool,),
    f"{CORE}null": (NoneType,),
}
TEXT_TAGS = frozenset({"!", f"{CORE}str"})

_number_in = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").fullmatch


def typed(text: str) -> Any:
    """Give the value of a plain scalar.

    A number that neither a 64-bit integer nor a double can hold stays the text that stands there:
    nothing is rounded in silence.
    """
    value = WORDS.get(text, text)
    if value is text and text[0] in "-0123456789" and (match := _number_in(text)):
        return _number(text, is_integer=match.lastindex is None)
    return value


def _number(text: str, *, is_integer: bool) -> int | float | str:
    if not is_integer:
        number = float(text)
        return number if _is_exact(text, number) else text
    if len(text) > INTEGER_DIGITS:
        return text
    integer = int(text)
    return integer if SMALLEST <= integer <= LARGEST else text


def _is_exact(text: str, number: float) -> bool:
    """Report whether a float, written out again, is the number in the text."""
    if len(text) <= EXACT_LENGTH and "e" not in text and "E" not in text:
        return True
    try:
        return len(text) <= COMPARED_LENGTH and Decimal(text) == Decimal(repr(number))
    except ArithmeticError:
        # Its exponent is beyond every bound.
        return False


def tagged(tag: str, text: str, *, is_plain: bool) -> tuple[bool, Any]:
    """Apply an explicit tag; the first of the pair tells whether the scalar may carry it."""
    if tag in TEXT_TAGS:
        return True, text
    value = typed(text) if is_plain else text
    return type(value) in TAGS.get(tag, ()), value


def spelled(tag: str) -> str:
    """Write a tag the way it stands in a file."""
    return f"!!{tag.removeprefix(CORE)}" if tag.startswith(CORE) else tag
