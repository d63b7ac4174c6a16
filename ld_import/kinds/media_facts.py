"""The stored file of a medium, as answers describe it: address, type and sizes for documents.

Job results name them on the media reference; entries of the media library name them on `asset`.
A value of another type than documented is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ld_import.created import FactColumns
from ld_import.model import MediaFacts

LONGEST_TEXT = 2048
# 2^53: larger numbers are not exact in JSON.
LARGEST_NUMBER = 9_007_199_254_740_992
_Field = tuple[str, Callable[[Any], Any]]


def facts_from_reference(reference: Any) -> MediaFacts | None:
    """Return the facts of the media reference of a job result; `None` without any."""
    return _facts(reference, OF_REFERENCE) if isinstance(reference, dict) else None


def facts_from_entry(entry: Mapping[str, Any]) -> MediaFacts | None:
    """Return the facts of an entry of the media library; `None` without any."""
    asset = entry.get("asset")
    return _facts(asset, OF_ASSET) if isinstance(asset, dict) else None


def fact_columns(references: Sequence[Mapping[str, Any]]) -> FactColumns:
    """Return the facts of several references: a column for each fact, none if none is named."""
    named = OF_REFERENCE.keys() & {name for reference in references for name in reference}
    if not named:
        return ()
    none = [None] * len(references)
    columns = {
        field: [*map(read, [reference.get(name) for reference in references])]
        for name, (field, read) in OF_REFERENCE.items()
        if name in named
    }
    return tuple(columns.get(field, none) for field in MediaFacts._fields)


def _facts(values: Mapping[str, Any], fields: Mapping[str, _Field]) -> MediaFacts | None:
    # A loop over the values, since most answers have few of them.
    found = {}
    for name in values:
        if name in fields:
            field, read = fields[name]
            value = read(values[name])
            if value is not None:
                found[field] = value
    return MediaFacts(**found) if found else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= LARGEST_NUMBER else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


OF_ASSET: dict[str, _Field] = {
    "url": ("original_url", _text),
    "mimeType": ("mime_type", _text),
    "width": ("width", _whole),
    "height": ("height", _whole),
    "duration": ("duration", _number),
    "size": ("size", _whole),
    "key": ("key", _text),
}
OF_REFERENCE = {"originalUrl" if name == "url" else name: OF_ASSET[name] for name in OF_ASSET}
