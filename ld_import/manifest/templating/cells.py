"""Empty cells of a table: named by the header, so no unknown field, but without a value.

In a template such a cell is undefined, so that `default` and `is defined` work, but using it is no
error: it prints as nothing, and whatever is done to it gives an empty cell again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from jinja2 import TemplateRuntimeError, Undefined, UndefinedError
from jinja2.utils import missing

from ld_import.manifest.formats.csv_columns import Shape
from ld_import.wording import shorten

# These two are made for what is undefined.
DEFAULTS = ("default", "d")


class EmptyCell(Undefined):
    """The value of a column where a row has none."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = shorten(str(self._undefined_name))
        return f"`{name}` is empty in this row; where it may be, write `| default(…)`"

    def __getattr__(self, name: str) -> Any:
        """Be empty in every part, so that `keywords.split('|')` is."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Any:
        """Be empty in every part."""
        return self

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Be empty whatever is done."""
        return self

    def __eq__(self, other: object) -> bool:
        """Equal an empty text, and another empty cell."""
        return isinstance(other, EmptyCell) or other == ""

    def __hash__(self) -> int:
        """Agree with `==`."""
        return hash("")


class Cells:
    """Knows in which columns the current row is empty; replaces Jinja's `undefined`.

    `row` is the record that is mapped now.
    """

    def __init__(self, columns: Shape, unknown: type[Undefined]) -> None:
        """Take the columns of a table, and what stands for a name that is none of them."""
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
        """Return what a template finds for a name without a value."""
        is_named = hint is None and type(self._columns_of(obj).get(name)) is int
        kind = EmptyCell if is_named else self._unknown
        return kind(hint, obj, name, exc)

    def _columns_of(self, obj: Any) -> Shape:
        if obj is missing or obj is self.row:
            return self._columns
        # Columns with dots nest: the same way leads to the mapping and to its columns.
        ways: list[tuple[Any, Shape]] = [(self.row, self._columns)]
        for node, columns in ways:
            if node is obj:
                return columns
            nested = ((node.get(key), below) for key, below in columns.items())
            ways += ((child, below) for child, below in nested if isinstance(below, dict))
        return {}


def passing_empty(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let an empty cell through a filter."""
    at = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        value = arguments[at]
        return value if type(value) is EmptyCell else function(*arguments, **options)

    return filtered
