"""Exact JSON parsing, for what orjson changes silently: long numbers and repeated keys.

orjson reads an integer beyond 64 bits as a float, rounds long fractions, and keeps the last of two
equal keys. Only a record that may contain one of these is parsed again by this slower parser.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from ld_import.manifest.numbers import exact_float, exact_integer
from ld_import.wording import shorten

# Fifteen digits with an exponent of two digits fit into a double; longer numbers may not.
LONG_NUMBERS = (b"0" * 16, b"0e000", b"0e-000")
_number_signs = bytes.maketrans(b"123456789.+E", b"00000000000e")

KEY_END = b'":'
# The white space of JSON before a colon.
SPACED_COLONS = (b" :", b"\t:", b"\n:", b"\r:")
# Matches the end of every key, and some quotes inside texts: never fewer matches than keys.
_key_ends_in = re.compile(rb'"\s*:').findall


class RepeatedKeyError(ValueError):
    """An object has the same key twice."""


def refuse_constant(name: str) -> NoReturn:
    """Raise ValueError for `NaN` and `Infinity`, which the json module accepts."""
    raise ValueError(f"{name} is not JSON")


def object_with_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises RepeatedKeyError for a key that occurs twice."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            text = f"the key `{shorten(name)}` occurs twice in one object; keep one of them"
            raise RepeatedKeyError(text)
        fields[name] = value
    return fields


EXACT_DECODER = json.JSONDecoder(
    parse_int=exact_integer,
    parse_float=exact_float,
    parse_constant=refuse_constant,
    object_pairs_hook=object_with_unique_keys,
)


def parse_exact(raw: bytes) -> Any:
    """Parse JSON; a number that would be rounded becomes the text of its digits.

    Raises RepeatedKeyError, and other kinds of ValueError for text that is not JSON.
    """
    try:
        return EXACT_DECODER.decode(raw.decode())
    except RecursionError:
        raise ValueError("lists and objects are nested too deeply") from None


def may_have_repeated_keys(raw: bytes, compact: bytes) -> bool:
    """Return whether a text may have more keys than its parsed value, which `compact` is."""
    return most_keys(raw) != _fewest_keys(compact)


def most_keys(raw: bytes) -> int:
    """Return a number of keys that a text does not exceed: a text in it may look like a key."""
    if any(spaced in raw for spaced in SPACED_COLONS):
        return len(_key_ends_in(raw))
    return raw.count(KEY_END)


def _fewest_keys(compact: bytes) -> int:
    """Return a number of keys that a compact text has at least."""
    # A quote inside a text follows a backslash, and so does the last quote of a few keys.
    return compact.count(KEY_END) - compact.count(b"\\" + KEY_END)


def may_have_long_numbers(raw: bytes) -> bool:
    """Return whether a text, strings included, has more digits in a row than a double holds."""
    signs = raw.translate(_number_signs)
    return any(long in signs for long in LONG_NUMBERS)
