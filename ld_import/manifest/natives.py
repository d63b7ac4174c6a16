"""What a lone expression gives, as JSON: no method, no `nan`, no undefined value gets through."""

from __future__ import annotations

import math
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from jinja2 import Undefined

from ld_import.manifest.omit import OMIT, Omit
from ld_import.manifest.scalars import LARGEST, SMALLEST
from ld_import.manifest.sentences import show
from ld_import.manifest.unfit import Unfit


def native(value: Any) -> Any:
    """Give the JSON value of an expression, or `OMIT`; what cannot be JSON raises a sentence.

    `{{ tags | map('upper') }}` is a generator to Python and a list to whoever wrote it.
    """
    return value if type(value) is str or value is OMIT else _json(value)


def _json(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is list:
        return [_json(each) for each in value]
    if kind is dict:
        return {_key(key): _json(each) for key, each in value.items()}
    if kind is int and SMALLEST <= value <= LARGEST:
        return value
    if kind is float and math.isfinite(value):
        return value
    return _converted(value)


def _converted(value: Any) -> Any:
    if isinstance(value, str | Undefined | Omit):
        return str(value)  # raises for the last two, in words
    if isinstance(value, tuple | set | Iterator | KeysView | ValuesView | ItemsView):
        return [_json(each) for each in value]
    if isinstance(value, int | float):
        raise Unfit(f"the number {value!s:.30} is too large for JSON, or none at all")
    raise Unfit(f"the result is {show(value)}, not a value; is a `()` or a filter missing?")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Unfit(f"the key {show(key)} is not a text")
    return key
