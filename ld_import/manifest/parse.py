"""JSON text of a record becomes its fields, or a sentence why it cannot; and fields the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ld_import.manifest.reader import MAX_DEPTH, is_deep
from ld_import.manifest.sentences import show


def fields_of(raw: bytes) -> dict[str, Any] | str:
    """Parse one record; a text in return is what is wrong with it."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _broken(raw, error)
    if not isinstance(value, dict):
        return f"the record is {show(value)}, not a JSON object"
    # Counting brackets is cheap; only a record with very many of them can be too deep.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and is_deep(value):
        return f"the record is nested deeper than {MAX_DEPTH} levels"
    return value


def compact(fields: Mapping[str, Any]) -> bytes:
    """Return the JSON text of a record, in no more memory than it needs."""
    # What orjson returns keeps the buffer it was written into, up to ten times as large; a copy
    # does not, and a thousand records are held at once.
    return b"%b" % orjson.dumps(fields)


def _broken(raw: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as bad:
        column = len(raw[: bad.start].decode()) + 1
        return f"column {column}: the text is not UTF-8; export it as UTF-8"
    place = f"column {error.colno}" if error.lineno == 1 else f"its line {error.lineno}"
    return f"{place}: not JSON ({error.msg}); one JSON object a line is needed"
