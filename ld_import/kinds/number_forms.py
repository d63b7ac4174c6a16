"""The hashes of a value with its whole numbers in both forms.

A server in JavaScript stores 35.0 and shows 35, also inside objects and lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import orjson

from ld_import.kinds.field_hashes import field_hash

# With more whole numbers in one value, only two forms are tried: all as integers, all as floats.
MOST_MIXED = 6
# Larger integers are not exact as floats.
EXACT = 2**53

Form = type[int] | type[float]


def hashes_in_all_forms(name: str, value: Any) -> set[bytes]:
    """Return the hashes of all sent values that a server may show as this one."""
    try:
        orjson.dumps(value)
    except TypeError:
        # Nested too deeply for any sent value.
        return {field_hash(name, value)}
    return {field_hash(name, value), *(field_hash(name, form) for form in _forms(value))}


def _forms(value: Any) -> Iterator[Any]:
    count = sum(1 for _ in _whole_numbers(value))
    forms: tuple[Form, Form] = (int, float)
    if not count:
        return
    choices: Iterable[tuple[Form, ...]] = (
        product(forms, repeat=count) if count <= MOST_MIXED else ((form,) * count for form in forms)
    )
    for choice in choices:
        yield _in_forms(value, iter(choice))


def _whole_numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _whole_numbers(inner)
    elif _is_whole(value):
        yield value


def _in_forms(value: Any, forms: Iterator[Form]) -> Any:
    if isinstance(value, dict):
        return {name: _in_forms(inner, forms) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_forms(inner, forms) for inner in value]
    return next(forms)(value) if _is_whole(value) else value


def _is_whole(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < EXACT and float(value).is_integer()
