"""Empty cells of a table: fields that the header row names, without a value in this row.

In a template an empty cell is undefined, so that `default` and `is defined` work, but using it is
not an error: it prints as empty text, and every operation on it results in an empty cell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import TemplateRuntimeError, Undefined, UndefinedError
from jinja2.utils import missing

from ld_import.manifest.base import Columns
from ld_import.wording import shorten

EMPTY_IN_ROW = "is empty in this row"
# Filters that replace undefined values.
DEFAULTS = ("default", "d")


class EmptyCell(Undefined):
    """The value of a column where a row has none."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"`{shorten(str(self._undefined_name))}` {EMPTY_IN_ROW}"

    def __getattr__(self, name: str) -> Any:
        """Return the empty cell, so that `keywords.split('|')` is one."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Any:
        """Return the empty cell."""
        return self

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Return the empty cell."""
        return self

    def __eq__(self, other: object) -> bool:
        """Return whether the other value is an empty text or an empty cell."""
        return isinstance(other, EmptyCell) or other == ""

    def __hash__(self) -> int:
        """Match `==`."""
        return hash("")


class Cells:
    """Replaces Jinja's `undefined`: distinguishes empty cells from unknown fields.

    `row` is the current record.
    """

    def __init__(self, columns: Columns, unknown: type[Undefined]) -> None:
        """`unknown` is the class of undefined values for names that are not columns."""
        self._columns = columns
        self._unknown = unknown
        self.row: dict[str, Any] = {}

    def __call__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: Any = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> Undefined:
        """Return the undefined value for a name."""
        is_named = hint is None and type(self._columns_of(obj).get(name)) is int
        kind = EmptyCell if is_named else self._unknown
        return kind(hint, obj, name, exc)

    def _columns_of(self, obj: Any) -> Columns:
        if obj is missing or obj is self.row:
            return self._columns
        # Columns with dots are nested: follow the same keys in the record and in the columns.
        pairs: list[tuple[Any, Columns]] = [(self.row, self._columns)]
        for node, columns in pairs:
            if node is obj:
                return columns
            nested = ((node.get(key), below) for key, below in columns.items())
            pairs += ((child, below) for child, below in nested if isinstance(below, dict))
        return {}


def keep_empty_cells(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that returns empty cells unchanged."""
    at = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        value = arguments[at]
        return value if type(value) is EmptyCell else function(*arguments, **options)

    return filtered
