"""Work that the arguments of an operation add, counted before the operation runs.

Each function has the parameters of the filter or method of that name.
"""

from __future__ import annotations

from typing import Any

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.values import printable, whole_number
from ld_import.manifest.templating.work import ITEM_UNITS


def center_units(text: str, width: Any = 80, *rest: Any) -> int:
    """Return the characters of a text that is padded to a width."""
    return whole_number(width, "a width")


def expanded_units(text: str, tabsize: Any = 8) -> int:
    """Return the spaces that replace tabs."""
    return text.count("\t") * whole_number(tabsize, "a width")


def indent_units(text: str, width: Any = 4, *rest: Any, **options: Any) -> int:
    """Return the spaces before all lines."""
    size = len(width) if isinstance(width, str) else whole_number(width, "a width")
    return (len(text.splitlines()) + 1) * size


def joined_units(text: str, parts: list[str]) -> int:
    """Return the characters between the parts."""
    return len(text) * len(parts)


def join_units(values: Any, d: Any = "", *rest: Any, **options: Any) -> int:
    """Return the characters between the items."""
    return len(printable(d)) * len(values)


def replaced_units(text: str, old: Any, new: Any, count: Any = None) -> int:
    """Return the characters that replacing `old` adds."""
    old, new = printable(old), printable(new)
    times = text.count(old)
    if count is not None and whole_number(count, "a count") >= 0:
        times = min(times, count)
    return times * max(len(new) - len(old), 0)


def stripped_units(text: str, chars: str | None = None) -> int:
    """Return the maximum number of comparisons to remove characters from the ends."""
    return len(text) * len(chars or "")


def truncate_units(
    text: str, length: Any = 255, killwords: bool = False, end: str = "...", leeway: Any = None
) -> int:
    """Return the characters of the end that is added; a length below them is an error."""
    if whole_number(length, "the length") < len(end):
        raise TemplateValueError(f"`truncate` needs a length of at least {len(end)}, not {length}")
    return len(end)


def batch_units(values: Any, linecount: Any, fill_with: Any = None) -> int:
    """Return the work of filling the last batch."""
    if whole_number(linecount, "the size of a batch") < 1:
        raise TemplateValueError("the size of a batch must be at least 1")
    return 0 if fill_with is None else ITEM_UNITS * linecount


def slice_units(values: Any, slices: Any, fill_with: Any = None) -> int:
    """Return the work of creating the slices."""
    if whole_number(slices, "the number of slices") < 1:
        raise TemplateValueError("the number of slices must be at least 1")
    return ITEM_UNITS * int(slices)
