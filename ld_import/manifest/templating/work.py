"""Limit on the work of the templates of one record.

Time and memory are proportional to the characters, items and passes that are counted here. So the
templates of every record end within seconds, and a signal is handled between two records.
"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, ValuesView
from typing import Any

from ld_import.manifest.templating.errors import TemplateValueError

# A unit is one character. The others were measured: a unit takes at most about 0.1 µs.
WORK_LIMIT = 20_000_000
CALL_UNITS = 20
MACRO_UNITS = 300
PASS_UNITS = 20
ITEM_UNITS = 20

SCALARS = frozenset((int, float, bool, type(None)))
VIEWS = (KeysView, ValuesView, ItemsView)
LISTS = (list, tuple, set, *VIEWS)
EXHAUSTED = (
    f"the templates do too much work for this record: the limit is {WORK_LIMIT // 10**6} million"
    f" characters, or {WORK_LIMIT // PASS_UNITS // 10**6} million passes of loops"
)


class Work:
    """Budget of the templates for the current record, in units."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int = WORK_LIMIT) -> None:
        """Start with the whole budget."""
        self.left = self.limit = limit

    def renew(self) -> None:
        """Reset the budget, for the next record."""
        self.left = self.limit

    def spend(self, units: int) -> None:
        """Count work before it runs. Raises TemplateValueError when the budget is exhausted."""
        self.left -= units
        if self.left < 0:
            raise TemplateValueError(EXHAUSTED)

    def weigh(self, value: Any) -> Any:
        """Count all characters and items inside a value, and return it.

        A part that occurs several times counts several times, as in JSON.
        """
        if type(value) is str:
            self.spend(len(value))
            return value
        if type(value) is list:
            units = ITEM_UNITS * len(value)
            # The usual list is short and has texts only.
            for item in value:
                if type(item) is not str:
                    break
                units += len(item)
            else:
                self.spend(units)
                return value
        pending = [value]
        while pending:
            part = pending.pop()
            if isinstance(part, str):
                self.spend(len(part))
            elif isinstance(part, dict):
                self.spend(2 * ITEM_UNITS * len(part))
                pending += part
                pending += part.values()
            elif isinstance(part, LISTS):
                self.spend(ITEM_UNITS * len(part))
                pending += [item for item in part if type(item) not in SCALARS]
            elif isinstance(part, range):
                self.spend(ITEM_UNITS * len(part))
        return value
