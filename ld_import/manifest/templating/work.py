"""The bound on what the templates of one record may do.

Time and memory grow with the characters, items and passes that are counted here, so that a record
or template of any shape ends within seconds, and a signal is noticed between two records.
"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, ValuesView
from typing import Any

from ld_import.manifest.templating.unfit import Unfit

# One character is one unit. The others are measured: no unit takes more than about 0.1 µs.
WORK_LIMIT = 20_000_000
CALL_UNITS = 20
MACRO_UNITS = 300
PASS_UNITS = 20
ITEM_UNITS = 20

SCALARS = frozenset((int, float, bool, type(None)))
VIEWS = (KeysView, ValuesView, ItemsView)
LISTS = (list, tuple, set, *VIEWS)
EXHAUSTED = (
    f"the templates of this record do too much: they may handle {WORK_LIMIT // 10**6} million"
    f" characters, or {WORK_LIMIT // PASS_UNITS // 10**6} million passes of loops"
)


class Work:
    """What the templates may still do for the current record."""

    __slots__ = ("_limit", "left")

    def __init__(self, limit: int = WORK_LIMIT) -> None:
        """Allow the whole amount."""
        self.left = self._limit = limit

    def renew(self) -> None:
        """Allow the whole amount again, for another record."""
        self.left = self._limit

    def spend(self, units: int) -> None:
        """Count work before it is done; raise `Unfit` when there is too much of it."""
        self.left -= units
        if self.left < 0:
            raise Unfit(EXHAUSTED)

    def weigh(self, value: Any) -> Any:
        """Count all characters and items inside a value, and return it.

        What occurs several times counts as often, as it would in JSON.
        """
        if type(value) is str:
            self.spend(len(value))
            return value
        if type(value) is list and set(map(type, value)) == {str}:
            self.spend(ITEM_UNITS * len(value) + sum(map(len, value)))
            return value
        pending = [value]
        while pending:
            one = pending.pop()
            if isinstance(one, str):
                self.spend(len(one))
            elif isinstance(one, dict):
                self.spend(2 * ITEM_UNITS * len(one))
                pending += one
                pending += one.values()
            elif isinstance(one, LISTS):
                self.spend(ITEM_UNITS * len(one))
                pending += [each for each in one if type(each) not in SCALARS]
            elif isinstance(one, range):
                self.spend(ITEM_UNITS * len(one))
        return value
