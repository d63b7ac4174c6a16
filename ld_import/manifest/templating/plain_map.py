"""A map of plain templates as one function from a record to its fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ld_import.manifest.templating.slots import SlotIndex
from ld_import.manifest.templating.values import OMIT, to_json
from ld_import.manifest.templating.work import Work

ValueOf: TypeAlias = Callable[[dict[str, Any]], Any]


class PlainMap:
    """Builds the functions for the parts of a layout, which has a `SlotIndex` for each template."""

    def __init__(self, closures: Sequence[ValueOf], work: Work) -> None:
        """`closures` return the values of the templates; `work` counts what conversion adds."""
        self._closures = closures
        self._work = work

    def function_of(self, layout: Any) -> ValueOf:
        """Return the function from a record to its value of this layout.

        It returns `OMIT` for a template with that result, and raises what the closures raise.
        """
        kind = type(layout)
        if kind is SlotIndex:
            return self._template(self._closures[layout])
        if kind is dict:
            return self._fields(layout)
        if kind is list:
            return self._items(layout)
        return lambda record: layout

    def _template(self, closure: ValueOf) -> ValueOf:
        work = self._work

        def value_of(record: dict[str, Any]) -> Any:
            value = closure(record)
            return value if type(value) is str else to_json(value, work)

        return value_of

    def _fields(self, layout: dict[str, Any]) -> ValueOf:
        work = self._work
        fields = [
            (name, self._closures[item], True)
            if type(item) is SlotIndex
            else (name, self.function_of(item), False)
            for name, item in layout.items()
        ]

        def value_of(record: dict[str, Any]) -> dict[str, Any]:
            values = {}
            for name, part_of, is_template in fields:
                value = part_of(record)
                # Runs for each field of each record: no call for a text.
                if is_template and type(value) is not str:
                    value = to_json(value, work)
                    if value is OMIT:
                        continue
                values[name] = value
            return values

        return value_of

    def _items(self, layout: list[Any]) -> ValueOf:
        items = list(map(self.function_of, layout))
        return lambda record: [value for item in items if (value := item(record)) is not OMIT]
