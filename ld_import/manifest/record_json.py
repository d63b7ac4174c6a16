"""JSON text of a record: parsed into fields, or into a message that says why it is not valid."""

from __future__ import annotations

from typing import Any

import orjson

from ld_import.manifest.base import MAX_DEPTH
from ld_import.manifest.exact_json import (
    RepeatedKeyError,
    may_have_long_numbers,
    may_have_repeated_keys,
    parse_exact,
)
from ld_import.manifest.files import BOM, strip_bom
from ld_import.wording import show


def parse_record(raw: bytes) -> dict[str, Any] | str:
    """Parse one record; a returned text is the message about an invalid one.

    A number that neither a 64-bit integer nor a double can hold becomes the text of its digits.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _parsed_otherwise(raw, error)
    if not isinstance(value, dict):
        return f"the record is {show(value)}, not a JSON object"
    key_count, container_count, has_floats = _outline(value)
    # Counting is cheap; only a record with very many lists and objects can be too deep.
    if container_count > MAX_DEPTH and _is_too_deep(value):
        return f"the record is nested deeper than {MAX_DEPTH} levels"
    if may_have_repeated_keys(raw, key_count) or (has_floats and may_have_long_numbers(raw)):
        return _parsed_exactly(raw)
    return value


def _outline(value: dict[str, Any]) -> tuple[int, int, bool]:
    """Count the keys at all levels, and lists and objects; return whether there is a float."""
    key_count, has_floats = 0, False
    containers: list[Any] = [value]
    for node in containers:
        if type(node) is dict:
            key_count += len(node)
            node = node.values()
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


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _parsed_exactly(raw: bytes) -> dict[str, Any] | str:
    try:
        fields: dict[str, Any] = parse_exact(raw)
    except RepeatedKeyError as error:
        return str(error)
    except ValueError as error:
        return f"not JSON ({error})"
    return fields


def _parsed_otherwise(raw: bytes, error: orjson.JSONDecodeError) -> dict[str, Any] | str:
    """Parse text that orjson refuses but that can be repaired: a BOM, a number too large."""
    if raw.startswith(BOM):
        return parse_record(strip_bom(raw))
    try:
        value = parse_exact(raw)
        orjson.dumps(value)
    except RepeatedKeyError as repeated:
        return str(repeated)
    except (ValueError, orjson.JSONEncodeError):
        return _syntax_message(raw, error)
    return value if isinstance(value, dict) else _syntax_message(raw, error)


def _syntax_message(raw: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as bad:
        column = len(raw[: bad.start].decode()) + 1
        return f"column {column}: the text is not UTF-8; export it as UTF-8"
    place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno} of the record"
    return f"{place}: not JSON ({error.msg}); each line must be one JSON object"
