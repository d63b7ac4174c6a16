"""Records as rows of the store: nested values as JSON, flags as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import orjson

from ld_import.emulator.records import Entry, ItemResult, Job, Revision

Row = TypeVar("Row", Job, Entry, Revision)
_JSON_COLUMNS = frozenset(
    {
        "items",
        "context",
        "faults",
        "results",
        "metadata",
        "translations",
        "asset",
        "content",
        "patches",
    }
)


def row_of(record: Job | Entry | Revision) -> dict[str, Any]:
    """Return the columns of a record."""
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return {
        name: orjson.dumps(value) if name in _JSON_COLUMNS and value is not None else value
        for name, value in values.items()
    }


def from_row(kind: type[Row], row: Mapping[str, Any]) -> Row:
    """Return the record of a row."""
    values = {each.name: row[each.name] for each in fields(kind)}
    for name in _JSON_COLUMNS & values.keys():
        values[name] = None if values[name] is None else orjson.loads(values[name])
    if values.get("results") is not None:
        values["results"] = tuple(ItemResult(**each) for each in values["results"])
    for name in values:
        if name.startswith("is_"):
            values[name] = bool(values[name])
    return kind(**values)
