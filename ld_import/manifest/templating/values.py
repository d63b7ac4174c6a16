"""Values in templates: which ones filters accept, which ones print as text, and results as JSON."""

from __future__ import annotations

import math
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, NoReturn

from jinja2 import Undefined

from ld_import.manifest.numbers import LARGEST, SMALLEST
from ld_import.manifest.templating.cells import EmptyCell
from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.work import ITEM_UNITS, Work
from ld_import.wording import is_long, show


class Omit:
    """The type of `omit`, which removes a property from the entry, as in Ansible.

    https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_filters.html
    """

    def __str__(self) -> str:
        """Raise TemplateValueError: `omit` is not part of a text."""
        raise TemplateValueError("`omit` must be the whole value, not part of a text")


OMIT = Omit()


def check_defined(*values: Any) -> None:
    """Raise the error of the first value that is undefined or an empty cell."""
    for value in values:
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()


def text_of(value: Any, filter_name: str) -> str:
    """Return the text that a filter is applied to; an integer becomes its digits.

    Raises TemplateValueError for any other type.
    """
    if isinstance(value, Undefined):
        return str(value)  # raises, and names the missing field
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TemplateValueError(
            f"`{filter_name}` needs a text, not {show(value)}{_text_advice(value)}"
        )
    return value


def _text_advice(value: Any) -> str:
    if value is None:
        return "; put `default(omit, true)` before it to leave the field out"
    if isinstance(value, list | tuple):
        return "; put `join(', ')` before it, or pick an item: `[0]`"
    return "; pick one of its fields" if isinstance(value, dict) else ""


def printable(value: Any) -> str:
    """Return a value as part of a text. Raises TemplateValueError for null, lists and mappings."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if type(value) is EmptyCell:
        return ""
    if value is None:
        raise TemplateValueError(
            "null inside a text; put `default('')` or `default(omit, true)` before it"
        )
    return refuse(value)


def refuse(value: Any) -> NoReturn:
    """Raise the error about a value that cannot be part of a text."""
    if isinstance(value, Undefined | Omit):
        str(value)  # raises, with a message of its own
    raise TemplateValueError(
        f"{show(value)} inside a text; pick one value, or join a list: `| join(', ')`"
    )


def whole_number(value: Any, what: str) -> int:
    """Return an integer argument of a filter. Raises TemplateValueError for other types."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TemplateValueError(f"{what} must be a whole number, not {show(value)}")
    return value


def to_json(value: Any, work: Work) -> Any:
    """Return the result of a single expression as a JSON value, or `OMIT`.

    Generators such as `{{ tags | map('upper') }}` become lists. Raises TemplateValueError for
    methods, `nan`, undefined values and everything else that JSON cannot represent.
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
        return [_json(item, work) for item in value]
    if kind is dict:
        work.spend(2 * ITEM_UNITS * len(value))
        return {_key(key): _json(item, work) for key, item in value.items()}
    if kind is int and SMALLEST <= value <= LARGEST:
        return value
    if kind is float and math.isfinite(value):
        return value
    return _converted(value, work)


def _converted(value: Any, work: Work) -> Any:
    if isinstance(value, str | Undefined | Omit):
        return str(value)  # raises for undefined values and `omit`
    if isinstance(value, tuple | set | range | Iterator | KeysView | ValuesView | ItemsView):
        return [_json(item, work) for item in value]
    if isinstance(value, int | float):
        shown = "" if is_long(value) else f" {value}"
        raise TemplateValueError(f"the number{shown} is too large for JSON, or not a number")
    raise TemplateValueError(f"the result is {show(value)}, which is not a value of JSON")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TemplateValueError(f"the key {show(key)} is not a text")
    return key
