"""Recognizes most values that are valid by a JSON Schema, without the library that validates.

To load the library takes eleven megabytes and a tenth of the time of a short command. It is asked
about all other values, so that this module contains no rule of its own, and reports nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], bool]
Search: TypeAlias = Callable[[str], object]

ANNOTATIONS = {"$schema", "$id", "$defs", "$comment", "title", "description", "x-advice"}
TYPES: Mapping[str, type] = {
    "string": str,
    "object": dict,
    "array": list,
    "null": type(None),
    "boolean": bool,
}
# The keywords that each of these types has; those of others do not apply to it.
KEYWORDS: Mapping[type, frozenset[str]] = {
    str: frozenset(("pattern", "minLength", "format")),
    dict: frozenset(("required", "properties", "additionalProperties", "minProperties", "oneOf")),
    list: frozenset(("items",)),
}
APPLIED = frozenset().union(*KEYWORDS.values())
SOME_TEXT = r"\S"
MOST_DEPTH = 20
# All libraries represent them exactly.
LARGEST_INTEGER = 2**53

# Without `(a|b)*`, which takes long.
_TEXT = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~!$&'()*+,;=:@/-]*)*"
_is_web_address = re.compile(
    rf"https?://[A-Za-z0-9.-]+(?::[0-9]{{1,5}})?(?:/{_TEXT})?(?:\?{_TEXT})?(?:#{_TEXT})?"
).fullmatch
_has_letter = re.compile(r"[^\W_]").search
_has_surrogate = re.compile("[\ud800-\udfff]").search


def usual_check(schema: Mapping[str, Any], *, has_formats: bool = False) -> Check:
    """Return a function that returns True only if a value is valid by the schema.

    With `has_formats` the keyword `format` is a rule. A schema with other keywords than the usual
    ones is valid for no value.
    """
    return _Compiler(schema, has_formats=has_formats).check_of(schema)


def _never(value: Any) -> bool:
    return False


def _always(value: Any) -> bool:
    return True


class _Compiler:
    def __init__(self, root: Mapping[str, Any], *, has_formats: bool) -> None:
        self._root = root
        self._has_formats = has_formats

    def check_of(self, schema: Any) -> Check:
        if not isinstance(schema, dict):
            return _never
        if "$id" in schema and schema is not self._root:
            # Its references are to its own definitions.
            return usual_check(schema, has_formats=self._has_formats)
        rules = {name: rule for name, rule in schema.items() if name not in ANNOTATIONS}
        if "$ref" in rules:
            return self._referred(rules)
        types = rules.pop("type", None)
        named = [types] if isinstance(types, str) else types
        if not named or not rules.keys() <= APPLIED or not TYPES.keys() >= set(named):
            return _never
        checks = {TYPES[name]: self._check_of_type(TYPES[name], rules) for name in named}
        if len(checks) > 1:
            return lambda value: checks.get(type(value), _never)(value)
        [(kind, check)] = checks.items()
        return lambda value: type(value) is kind and check(value)

    def _referred(self, rules: dict[str, Any]) -> Check:
        before, _, name = str(rules["$ref"]).rpartition("/")
        definitions = self._root.get("$defs", {})
        is_known = len(rules) == 1 and before == "#/$defs" and name in definitions
        return self.check_of(definitions[name]) if is_known else _never

    def _check_of_type(self, kind: type, rules: dict[str, Any]) -> Check:
        keywords = KEYWORDS.get(kind, frozenset())
        applied = {name: rule for name, rule in rules.items() if name in keywords}
        if kind is str:
            return self._text(applied)
        if kind is dict:
            return self._mapping(applied)
        return self._list(applied) if kind is list else _always

    def _text(self, rules: dict[str, Any]) -> Check:
        is_address = "format" in rules and self._has_formats
        found = _search_for(rules["pattern"]) if "pattern" in rules else None
        if is_address and rules["format"] != "uri" or ("pattern" in rules and found is None):
            return _never
        if is_address:
            return _address(rules.get("minLength", 0), found)
        if "pattern" in rules and rules["pattern"] != SOME_TEXT:
            return _printable_text(rules.get("minLength", 0), found)
        return _any_text(rules.get("minLength", 0), found)

    def _mapping(self, rules: dict[str, Any]) -> Check:
        required = rules.get("required", [])
        parts = {name: self.check_of(rule) for name, rule in rules.get("properties", {}).items()}
        least = rules.get("minProperties", 0)
        more = rules.get("additionalProperties", True)
        alternatives = rules.get("oneOf", [])
        is_any = not alternatives
        if not isinstance(more, bool) or any(rule.keys() != {"required"} for rule in alternatives):
            return _never
        other = _is_plain if more else _never

        def is_usual(value: dict[str, Any]) -> bool:
            if more and not _has_plain_names(value):
                return False
            for name in required:
                if name not in value:
                    return False
            for name, part in value.items():
                if not parts.get(name, other)(part):
                    return False
            return len(value) >= least and (is_any or _met_count(value, alternatives) == 1)

        return is_usual

    def _list(self, rules: dict[str, Any]) -> Check:
        if "items" not in rules:
            return _is_plain
        check = self.check_of(rules["items"])
        return lambda value: all(map(check, value))


def _met_count(value: Mapping[str, Any], alternatives: list[dict[str, list[str]]]) -> int:
    return sum(value.keys() >= set(rule["required"]) for rule in alternatives)


def _search_for(pattern: str) -> Search | None:
    """Return the search for a pattern in printable ASCII, in which libraries do not differ."""
    if pattern == SOME_TEXT:
        # Nor do they in letters, only in rare white space.
        return _has_letter
    return None if "(?" in pattern.replace("(?:", "") else re.compile(pattern).search


# One call for each value: they run for each field of each entry.
def _address(least: int, found: Search | None) -> Check:
    # A web address is printable ASCII.
    return lambda value: (
        len(value) >= least
        and _is_web_address(value) is not None
        and (found is None or found(value) is not None)
    )


def _printable_text(least: int, found: Search | None) -> Check:
    return lambda value: (
        len(value) >= least
        and value.isascii()
        and value.isprintable()
        and (found is None or found(value) is not None)
    )


def _any_text(least: int, found: Search | None) -> Check:
    return lambda value: (
        len(value) >= least
        and (value.isascii() or _has_surrogate(value) is None)
        and (found is None or found(value) is not None)
    )


def _is_plain_text(value: Any) -> bool:
    text: str = value
    return text.isascii() or _has_surrogate(text) is None


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Return whether a value is one of JSON that every library converts alike."""
    kind = type(value)
    if kind is str:
        return _is_plain_text(value)
    if kind is bool or value is None:
        return True
    if kind is int:
        return bool(-LARGEST_INTEGER <= value <= LARGEST_INTEGER)
    if kind is float:
        return isfinite(value)
    if depth >= MOST_DEPTH or (kind is not list and kind is not dict):
        return False
    if kind is dict and not _has_plain_names(value):
        return False
    for part in value if kind is list else value.values():
        # A call takes longer than both.
        if not (type(part) is str and part.isascii()) and not _is_plain(part, depth + 1):
            return False
    return True


def _has_plain_names(value: dict[Any, Any]) -> bool:
    try:
        names = "".join(value)
    except TypeError:
        return False
    return _is_plain_text(names)
