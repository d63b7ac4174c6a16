"""Plain YAML scalars: the words and numbers of JSON get a type, everything else remains text.

YAML 1.1 would read `0012` as 10, `no` as False, `12:30` as 750 and `2024-01-01` as a date.
"""

from __future__ import annotations

import re
from types import NoneType
from typing import Any

from ld_import.manifest.numbers import exact_float, exact_integer

WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
CORE = "tag:yaml.org,2002:"
TAGS: dict[str, tuple[type, ...]] = {
    f"{CORE}int": (int,),
    f"{CORE}float": (int, float),
    f"{CORE}bool": (bool,),
    f"{CORE}null": (NoneType,),
}
TEXT_TAGS = frozenset({"!", f"{CORE}str"})

_number_in = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").fullmatch


def scalar_value(text: str) -> Any:
    """Return the value of a plain scalar; a number that would be rounded remains text."""
    value = WORDS.get(text, text)
    if value is text and text[0] in "-0123456789" and (match := _number_in(text)):
        return exact_integer(text) if match.lastindex is None else exact_float(text)
    return value


def tagged_value(tag: str, text: str, *, is_plain: bool) -> tuple[bool, Any]:
    """Return whether a scalar may have an explicit tag, and the value that the tag gives it."""
    if tag in TEXT_TAGS:
        return True, text
    value = scalar_value(text) if is_plain else text
    return type(value) in TAGS.get(tag, ()), value


def tag_name(tag: str) -> str:
    """Return a tag as it is written in a file: `!!int` for `tag:yaml.org,2002:int`."""
    return f"!!{tag.removeprefix(CORE)}" if tag.startswith(CORE) else tag
