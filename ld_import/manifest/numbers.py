"""Numbers of JSON and YAML: typed where a 64-bit integer or a double holds them exactly."""

from __future__ import annotations

from decimal import Decimal

SMALLEST, LARGEST = -(2**63), 2**64 - 1
INTEGER_DIGITS = 20
# Without an exponent, a decimal number of this length (with its point) has at most 15 digits.
EXACT_LENGTH = 16
COMPARED_LENGTH = 1000


def exact_integer(text: str) -> int | str:
    """Return an integer, or its digits as text when it does not fit into 64 bits."""
    if len(text) > INTEGER_DIGITS:
        return text
    integer = int(text)
    return integer if SMALLEST <= integer <= LARGEST else text


def exact_float(text: str) -> float | str:
    """Return a float, or the text of the number when a double would round it."""
    number = float(text)
    return number if _is_exact(text, number) else text


def _is_exact(text: str, number: float) -> bool:
    """Return whether the float, converted back to text, is the same number."""
    if len(text) <= EXACT_LENGTH and "e" not in text and "E" not in text:
        return True
    try:
        return len(text) <= COMPARED_LENGTH and Decimal(text) == Decimal(repr(number))
    except ArithmeticError:
        # The exponent is larger than `decimal` supports.
        return False
