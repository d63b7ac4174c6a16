"""How many characters or items an operation of a template adds: counted before it is done.

Each function takes what the filter or method of that name takes.
"""

from __future__ import annotations

from typing import Any

from ld_import.manifest.templating.printing import printable, whole_number
from ld_import.manifest.templating.unfit import Unfit
from ld_import.manifest.templating.work import ITEM_UNITS


def center_units(text: str, width: Any = 80, *rest: Any) -> int:
    """Count a text that is padded to a width."""
    return whole_number(width, "a width")


def expanded_units(text: str, tabsize: Any = 8) -> int:
    """Count a text whose tabs become blanks."""
    return text.count("\t") * whole_number(tabsize, "a width")


def indent_units(text: str, width: Any = 4, *rest: Any, **options: Any) -> int:
    """Count the blanks before all lines."""
    size = len(width) if isinstance(width, str) else whole_number(width, "a width")
    return (len(text.splitlines()) + 1) * size


def joined_units(text: str, parts: list[str]) -> int:
    """Count what is between the parts."""
    return len(text) * len(parts)


def join_units(values: Any, d: Any = "", *rest: Any, **options: Any) -> int:
    """Count what is between the items."""
    return len(printable(d)) * len(values)


def replaced_units(text: str, old: Any, new: Any, count: Any = None) -> int:
    """Count how much longer a text becomes when `old` is replaced."""
    old, new = printable(old), printable(new)
    times = text.count(old)
    if count is not None and whole_number(count, "a count") >= 0:
        times = min(times, count)
    return times * max(len(new) - len(old), 0)


def stripped_units(text: str, chars: str | None = None) -> int:
    """Count the comparisons that removing characters from the ends takes at most."""
    return len(text) * len(chars or "")


def truncate_units(
    text: str, length: Any = 255, killwords: bool = False, end: str = "...", leeway: Any = None
) -> int:
    """Count the end that is added, and refuse a length that has no room for it."""
    if whole_number(length, "the length") < len(end):
        raise Unfit(f"`truncate` needs a length of at least {len(end)} for its end, not {length}")
    return len(end)


def batch_units(values: Any, linecount: Any, fill_with: Any = None) -> int:
    """Count the items that fill the last batch."""
    if whole_number(linecount, "the size of a batch") < 1:
        raise Unfit("the size of a batch must be at least 1")
    return 0 if fill_with is None else ITEM_UNITS * linecount


def slice_units(values: Any, slices: Any, fill_with: Any = None) -> int:
    """Count the slices."""
    if whole_number(slices, "the number of slices") < 1:
        raise Unfit("the number of slices must be at least 1")
    return ITEM_UNITS * int(slices)
