"""The layout of a map: its fields, with the index of a slot in place of each template."""

from __future__ import annotations

from typing import Any

from ld_import.errors import ManifestError
from ld_import.manifest.templating.compiler import is_template
from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.slots import Slot, SlotIndex
from ld_import.manifest.templating.values import OMIT, to_json
from ld_import.manifest.templating.work import Work


class LayoutPlan:
    """Collects the templates of a map while its layout is made."""

    def __init__(self) -> None:
        """Begin without a template."""
        self.slots: list[Slot] = []
        self.names: list[str] = []

    def add(self, slot: Slot, name: str) -> SlotIndex:
        """Return the index of a template; `name` is its key in the manifest."""
        self.slots.append(slot)
        self.names.append(name)
        return SlotIndex(len(self.slots) - 1)

    def layout_of(self, value: Any, field: str) -> Any:
        """Return the layout of a value. Raises `ManifestError` for one that JSON has not."""
        if isinstance(value, str) and is_template(value):
            return self.add(Slot(field, value), f"map.{field}")
        if isinstance(value, dict):
            dot = "." if field else ""
            return {key: self.layout_of(item, f"{field}{dot}{key}") for key, item in value.items()}
        if isinstance(value, list):
            return [self.layout_of(item, f"{field}[{at}]") for at, item in enumerate(value)]
        try:
            return to_json(value, Work())
        except TemplateValueError as error:
            raise ManifestError(f"`map.{field}`: {error}") from error


def filled(layout: Any, values: list[Any]) -> Any:
    """Return what a layout makes of the values of the slots."""
    kind = type(layout)
    if kind is SlotIndex:
        return values[layout]
    if kind is dict:
        fields = {}
        for key, item in layout.items():
            # Runs for each field of each record: no call in the usual case.
            value = values[item] if type(item) is SlotIndex else filled(item, values)
            if value is not OMIT:
                fields[key] = value
        return fields
    if kind is list:
        return [value for item in layout if (value := filled(item, values)) is not OMIT]
    return layout
