"""Advice on a missing field of an entry: the record may have it under this or a similar name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ld_import.model import Invalid, Problem
from ld_import.wording import shorten

# Names that exports use for a field, the most specific first; without case, blanks and signs.
SIMILAR = {
    "url": ("fileurl", "videourl", "imageurl", "downloadurl", "sourceurl", "mediaurl", "link",
            "href", "src", "uri", "address"),
    "fileName": ("file", "name", "originalname", "title", "headline"),
    "title": ("headline", "name", "caption"),
}  # fmt: skip
MISSPELT_CUTOFF = 0.75


def with_advice(
    invalid: Invalid, record: Mapping[str, Any], layout: Any, *, is_table: bool
) -> Invalid:
    """Return the record's problems; a missing field that the record has gets the line to add.

    `layout` is the `map` of the manifest, `None` without one.
    """
    problems = tuple(_advised(problem, record, layout, is_table) for problem in invalid.problems)
    return Invalid(invalid.line, invalid.external_id, problems)


def _advised(problem: Problem, record: Mapping[str, Any], layout: Any, is_table: bool) -> Problem:
    field = problem.field
    sentence = problem.text.partition("; ")[0]
    if sentence != f"`{field}` is missing" or _is_mapped(field, layout):
        return problem
    if misspelt := _misspelt(field, layout):
        line = f"`map` has `{shorten(misspelt)}`: write `{field.rpartition('.')[2]}` instead"
        return Problem(field, f"{sentence}; {line}")
    name = _similar(field.rpartition(".")[2], record)
    if name is None:
        return problem
    kind = "column" if is_table else "field"
    line = f'{field.rpartition(".")[2]}: "{{{{ {_expression(name)} }}}}"'
    place = "`map`" if "." not in field else f"`{field.rpartition('.')[0]}` in `map`"
    where = f"to {place}" if layout is not None else "to a `map` in the header of a YAML manifest"
    advice = f"a {kind} `{shorten(name)}` exists: add `{line}` {where}"
    return Problem(field, f"{sentence}; {advice}")


def _is_mapped(field: str, layout: Any) -> bool:
    """Return whether the map fills this field, so that it was left out by its template."""
    *parents, name = field.split(".")
    return name in _keys_at(parents, layout)


def _misspelt(field: str, layout: Any) -> str | None:
    """Return the key of the map that seems to mean this field, such as `filename`."""
    *parents, name = field.split(".")
    keys = {_plain(key): key for key in _keys_at(parents, layout) if isinstance(key, str)}
    close = get_close_matches(_plain(name), keys, n=1, cutoff=MISSPELT_CUTOFF)
    return keys[close[0]] if close else None


def _keys_at(parents: list[str], layout: Any) -> Mapping[str, Any]:
    """Return the part of the map below these keys; empty if there is none."""
    value = layout
    for part in parents:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _similar(field: str, record: Mapping[str, Any]) -> str | None:
    """Return the key of the record that has the field's name, or a name used for it."""
    names = {
        _plain(name): name
        for name, value in record.items()
        if value not in (None, "") and _is_writable(name)
    }
    wanted = (_plain(field), *SIMILAR.get(field, ()))
    return next((names[name] for name in wanted if name in names), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_writable(name: str) -> bool:
    """Return whether a name can be part of the line that the advice shows."""
    return name.isprintable() and not re.search(r"[\\'\"`{}]", name)


def _expression(name: str) -> str:
    """Return the expression of a template for a field of the record."""
    is_name = name.isidentifier() and name.isascii()
    return name if is_name else f"record['{name}']"
