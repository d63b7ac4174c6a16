"""What the fast JSON parser changes without saying so: long numbers and repeated keys.

orjson reads an integer beyond 64 bits as a float, rounds a long fraction, and keeps the last of two
equal keys. A record is read again, slowly, only where one of these is possible.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from ld_import.manifest.formats.yaml_scalars import typed
from ld_import.wording import shorten

# Fifteen digits with an exponent of two always survive as a float; what has more may not.
LONG_NUMBERS = (b"0" * 16, b"0e000", b"0e-000")
_number_signs = bytes.maketrans(b"123456789.+E", b"00000000000e")

# Matches the end of every key, and sometimes a quote inside a text: never less than the keys.
_key_ends_in = re.compile(rb'"\s*:').findall


class Repeated(ValueError):
    """A key is given twice in one object."""


def refuse_constant(name: str) -> NoReturn:
    """Refuse the words `NaN` and `Infinity`, which Python's own parser accepts."""
    raise ValueError(f"{name} is not JSON")


def single_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object. Raises Repeated for a key that is given twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            text = f"the key `{shorten(name)}` is given twice in one object; keep one of them"
            raise Repeated(text)
        found[name] = value
    return found


EXACT = json.JSONDecoder(
    parse_int=typed,
    parse_float=typed,
    parse_constant=refuse_constant,
    object_pairs_hook=single_keys,
)


def exact(raw: bytes) -> Any:
    """Parse JSON text; a number that would be rounded becomes the text of its digits.

    Raises Repeated, and other kinds of ValueError for what is not JSON.
    """
    try:
        return EXACT.decode(raw.decode())
    except RecursionError:
        raise ValueError("lists and objects are nested too deep") from None


def may_have_repeated_keys(raw: bytes, key_count: int) -> bool:
    """Compare a text with the number of keys, at all levels, that a parser found in it."""
    return len(_key_ends_in(raw)) != key_count


def may_have_long_numbers(raw: bytes) -> bool:
    """Look for more digits in a row than a float can always hold, in numbers and in texts."""
    signs = raw.translate(_number_signs)
    return any(long in signs for long in LONG_NUMBERS)
