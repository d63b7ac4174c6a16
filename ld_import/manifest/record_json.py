"""JSON text of a record becomes its fields, or a sentence why it cannot; and fields the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ld_import.manifest.base import is_deep
from ld_import.manifest.exact_json import (
    Repeated,
    exact,
    may_have_long_numbers,
    may_have_repeated_keys,
)
from ld_import.manifest.files import BOM, without_marks
from ld_import.manifest.formats.csv_columns import MAX_DEPTH
from ld_import.wording import show


def fields_of(raw: bytes) -> dict[str, Any] | str:
    """Parse one record; a text in return is what is wrong with it.

    A number that neither a 64-bit integer nor a float can hold becomes the text of its digits.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _parsed_otherwise(raw, error)
    if not isinstance(value, dict):
        return f"the record is {show(value)}, not a JSON object"
    key_count, container_count, has_floats = _outline(value)
    # Counting is cheap; only a record with very many lists and objects can be too deep.
    if container_count > MAX_DEPTH and is_deep(value):
        return f"the record is nested deeper than {MAX_DEPTH} levels"
    if may_have_repeated_keys(raw, key_count) or (has_floats and may_have_long_numbers(raw)):
        return _read_again(raw)
    return value


def compact(fields: Mapping[str, Any]) -> bytes:
    """Return the JSON text of a record, in no more memory than it needs."""
    # What orjson returns keeps the buffer it was written into, up to ten times as large; a copy
    # does not, and a thousand records are held at once.
    return b"%b" % orjson.dumps(fields)


def _outline(value: dict[str, Any]) -> tuple[int, int, bool]:
    """Count keys at all levels, and lists and objects; report whether there is a float."""
    key_count, has_floats = 0, False
    containers: list[Any] = [value]
    for node in containers:
        if type(node) is dict:
            key_count += len(node)
            node = node.values()  # noqa: PLW2901 - each node is looked at once
        for child in node:
            kind = type(child)
            # Most values are texts: one comparison each.
            if kind is str:
                continue
            if kind is dict or kind is list:
                containers.append(child)
            elif kind is float:
                has_floats = True
    return key_count, len(containers), has_floats


def _read_again(raw: bytes) -> dict[str, Any] | str:
    try:
        found: dict[str, Any] = exact(raw)
    except Repeated as error:
        return str(error)
    except ValueError as error:
        return f"not JSON ({error})"
    return found


def _parsed_otherwise(raw: bytes, error: orjson.JSONDecodeError) -> dict[str, Any] | str:
    """Parse what orjson refused for a reason that has a remedy: a BOM, a number too large."""
    if raw.startswith(BOM):
        return fields_of(without_marks(raw))
    try:
        found = exact(raw)
        orjson.dumps(found)
    except Repeated as repeated:
        return str(repeated)
    except (ValueError, orjson.JSONEncodeError):
        return _broken(raw, error)
    return found if isinstance(found, dict) else _broken(raw, error)


def _broken(raw: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as bad:
        column = len(raw[: bad.start].decode()) + 1
        return f"column {column}: the text is not UTF-8; export it as UTF-8"
    place = f"column {error.colno}" if error.lineno == 1 else f"its line {error.lineno}"
    return f"{place}: not JSON ({error.msg}); one JSON object a line is needed"
