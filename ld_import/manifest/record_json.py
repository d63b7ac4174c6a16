"""JSON text of a record: parsed into fields, or into a message that says why it is not valid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ld_import.manifest.base import MAX_DEPTH
from ld_import.manifest.exact_json import (
    RepeatedKeyError,
    may_have_long_numbers,
    may_have_repeated_keys,
    most_keys,
    parse_exact,
)
from ld_import.manifest.files import BOM, strip_bom
from ld_import.wording import show

# Each level has two brackets.
LONGEST_SHALLOW = 2 * MAX_DEPTH


def parse_record(raw: bytes) -> dict[str, Any] | str:
    """Parse one record; a returned text is the message about an invalid one.

    A number that neither a 64-bit integer nor a double can hold becomes the text of its digits.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _parsed_otherwise(raw, error)
    return _problem_of(raw, value) or _exact(raw, value, orjson.dumps(value))


def parse_records(raws: Sequence[bytes]) -> Sequence[dict[str, Any] | str]:
    """Parse records as `parse_record` does, in less time."""
    try:
        values = list(map(orjson.loads, raws))
        texts = list(map(orjson.dumps, values))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return list(map(parse_record, raws))
    # The usual cases, without a call for each record.
    is_shallow = set(map(type, values)) == {dict} and _are_shallow(raws)
    if is_shallow and (texts == list(raws) or _are_flat(raws, values)):
        return values
    return [
        _problem_of(raw, value) or _exact(raw, value, text)
        for raw, value, text in zip(raws, values, texts, strict=True)
    ]


def _problem_of(raw: bytes, value: Any) -> str | None:
    """Return why a parsed text is not a record, `None` if it is one."""
    if not isinstance(value, dict):
        return f"the record is {show(value)}, not a JSON object"
    if len(raw) > LONGEST_SHALLOW and _is_too_deep(raw, value):
        return f"the record is nested deeper than {MAX_DEPTH} levels"
    return None


def _exact(raw: bytes, value: dict[str, Any], compact: bytes) -> dict[str, Any] | str:
    """Return the fields, parsed again if `value`, which `compact` is, may lack something."""
    # Most programs write JSON as orjson does: an equal text proves that nothing was lost.
    if compact == raw or not _may_be_inexact(raw, value, compact):
        return value
    return _parsed_exactly(raw)


def _may_be_inexact(raw: bytes, value: dict[str, Any], compact: bytes) -> bool:
    return may_have_repeated_keys(raw, compact) or (
        may_have_long_numbers(raw) and _has_floats(value)
    )


def _has_floats(value: dict[str, Any]) -> bool:
    containers: list[Any] = [value]
    for node in containers:
        for child in _children(node):
            if type(child) is float:
                return True
            if type(child) is dict or type(child) is list:
                containers.append(child)
    return False


def _are_flat(raws: Sequence[bytes], values: Sequence[Any]) -> bool:
    """Return whether all objects have no objects in them, and surely nothing was lost.

    If all texts have as many ends of keys as their values have keys, none has a repeated key.
    """
    joined = b"\n".join(raws)
    return (
        joined.count(b"{") == len(raws)
        and most_keys(joined) == sum(map(len, values))
        and not may_have_long_numbers(joined)
    )


def _are_shallow(raws: Sequence[bytes]) -> bool:
    """Return whether all texts together have few lists and objects."""
    joined = b"".join(raws)
    return joined.count(b"[") + joined.count(b"{") <= MAX_DEPTH


def _is_too_deep(raw: bytes, value: Any) -> bool:
    # Counting is cheap; only a record with very many lists and objects can be too deep.
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return False
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
