"""What of a value may become part of a text, or an argument of a filter."""

from __future__ import annotations

from typing import Any, NoReturn

from jinja2 import Undefined

from ld_import.manifest.templating.cells import EmptyCell
from ld_import.manifest.templating.omit import Omit
from ld_import.manifest.templating.unfit import Unfit
from ld_import.wording import show


def printable(value: Any) -> str:
    """Return a value as text; `null`, lists and mappings have none and are refused."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if type(value) is EmptyCell:
        return ""
    if value is None:
        raise Unfit("null inside a text; put `default('')` or `default(omit, true)` before it")
    return refuse(value)


def refuse(value: Any) -> NoReturn:
    """Raise the sentence about a value that cannot be part of a text."""
    if isinstance(value, Undefined | Omit):
        str(value)  # raises, in words
    raise Unfit(f"{show(value)} inside a text; pick one value, or join a list: `| join(', ')`")


def whole_number(value: Any, what: str) -> int:
    """Return an integer that a template gives as an argument, or raise `Unfit`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit(f"{what} must be a whole number, not {show(value)}")
    return value
