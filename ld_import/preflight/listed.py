"""The values that a property is limited to by its `dataProvider`, if the project lists them."""

from __future__ import annotations

from typing import Any

from ld_import.preflight.project import Property


def listed_values(prop: Property) -> tuple[Any, ...]:
    """Return the allowed values; empty if all are, or if only the server knows them."""
    provider = prop.config.get("dataProvider")
    items = provider.get("items") if isinstance(provider, dict) else None
    if not isinstance(items, list):
        return ()
    return tuple(
        item["value"]
        for item in items
        if isinstance(item, dict) and isinstance(item.get("value"), str | int | float)
    )


def number_in(prop: Property, name: str) -> int | float | None:
    """Return a limit of the configuration; `None` if there is none, or it is not a number."""
    value = prop.config.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
