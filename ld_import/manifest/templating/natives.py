"""What a lone expression gives, as JSON: no method, no `nan`, no undefined value gets through."""

from __future__ import annotations

import math
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from jinja2 import Undefined

from ld_import.manifest.formats.yaml_scalars import LARGEST, SMALLEST
from ld_import.manifest.templating.omit import OMIT, Omit
from ld_import.manifest.templating.unfit import Unfit
from ld_import.manifest.templating.work import ITEM_UNITS, Work
from ld_import.wording import is_long, show


def native(value: Any, work: Work) -> Any:
    """Return the JSON value of an expression, or `OMIT`; what cannot be JSON raises a sentence.

    `{{ tags | map('upper') }}` is a generator to Python and a list to the author of a template.
    """
    return value if value is OMIT else _json(value, work)


def _json(value: Any, work: Work) -> Any:
    kind = type(value)
    if kind is str:
        work.spend(len(value))
        return value
    if kind is bool or value is None:
        return value
    if kind is list:
        work.spend(ITEM_UNITS * len(value))
        return [_json(each, work) for each in value]
    if kind is dict:
        work.spend(2 * ITEM_UNITS * len(value))
        return {_key(key): _json(each, work) for key, each in value.items()}
    if kind is int and SMALLEST <= value <= LARGEST:
        return value
    if kind is float and math.isfinite(value):
        return value
    return _converted(value, work)


def _converted(value: Any, work: Work) -> Any:
    if isinstance(value, str | Undefined | Omit):
        return str(value)  # raises for the last two, in words
    if isinstance(value, tuple | set | range | Iterator | KeysView | ValuesView | ItemsView):
        return [_json(each, work) for each in value]
    if isinstance(value, int | float):
        shown = "" if is_long(value) else f" {value}"
        raise Unfit(f"the number{shown} is too large for JSON, or none at all")
    raise Unfit(f"the result is {show(value)}, not a value")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Unfit(f"the key {show(key)} is not a text")
    return key
