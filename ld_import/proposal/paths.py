"""Paths into a record, such as `videos[0].url`, as names for people and as expressions of Jinja."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from ld_import.proposal.names import listed

Path: TypeAlias = tuple[str | int, ...]

# Words of Jinja's grammar, and names that a template has besides the fields of a record.
RESERVED = listed(
    "true false none True False None not and or in is if else omit record self super"
    " loop caller varargs kwargs"
)
_is_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
_unsafe = re.compile(r"""[\\'"{}%#]""")


def shown(path: Path) -> str:
    """Return a path for people; the caller sanitizes it."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def expression(path: Path, optional: Iterable[Path] = ()) -> str:
    """Return a path as an expression of Jinja.

    A parent in `optional` is missing or null in some records; the expression is undefined then,
    and not an error.
    """
    guarded = set(optional)
    text = _first(path[0])
    for at, part in enumerate(path[1:], 1):
        if path[:at] in guarded:
            empty = "[]" if isinstance(part, int) else "{}"
            text = f"({text} | default({empty}, true))"
        text += _step(part)
    return text


def _first(part: str | int) -> str:
    if isinstance(part, str) and _is_name(part) and part not in RESERVED:
        return part
    return f"record{_step(part)}" if isinstance(part, int) else f"record[{literal(part)}]"


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _is_name(part) else f"[{literal(part)}]"


def literal(text: str) -> str:
    """Return a text as a string of Jinja, with quotes, braces and invisible signs as escapes."""
    return "'" + "".join(_escaped(sign) for sign in text) + "'"


def _escaped(sign: str) -> str:
    if sign.isprintable() and not _unsafe.match(sign):
        return sign
    code = ord(sign)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def is_usable(path: Path, *, is_record_hidden: bool) -> bool:
    """Return whether a template can read this path.

    A field called `record` hides the whole record, through which odd names are reached.
    """
    first = path[0]
    is_direct = isinstance(first, str) and _is_name(first) is not None and first not in RESERVED
    return is_direct or not is_record_hidden
