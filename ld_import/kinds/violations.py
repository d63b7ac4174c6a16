"""Problems of an entry: the violations of its JSON Schema as sentences, each with advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import jsonschema_rs

from ld_import.kinds.addresses import authority_fault, character_fault, scheme_fault
from ld_import.kinds.base import SHOWN_VALUE_LENGTH, short_json
from ld_import.model import Problem
from ld_import.wording import did_you_mean

# The start of the patterns that the schemas have for URLs.
URL_START = "^[hH]"
ENCODING = "; `| encode_url` encodes characters that a URL cannot contain"


def problems_from(
    errors: Iterable[jsonschema_rs.ValidationError], schema: dict[str, Any]
) -> tuple[Problem, ...]:
    """Return the problems that violations of a schema are; the schema has the advice."""
    violations = _Violations(schema)
    # One value may violate several rules; they are reported in one sentence.
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for error in errors:
        for field, what, reason, advice in violations.of(error):
            reasons.setdefault((field, what, advice), []).append(reason)
    return tuple(
        Problem(field, what + ", ".join(dict.fromkeys(texts)) + advice)
        for (field, what, advice), texts in reasons.items()
    )


class _Violations:
    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def of(self, error: jsonschema_rs.ValidationError) -> Iterator[tuple[str, str, str, str]]:
        """Yield field, subject, reason and advice; several fields may violate one rule."""
        path = [str(part) for part in error.instance_path]
        rules = error.schema_path[:-1]
        kind = error.kind
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            name = str(kind.property)
            field = ".".join([*path, name])
            yield field, f"`{field}` is ", "missing", self._advice((*rules, "properties", name))
        elif isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            known = list(self._rules_at((*rules, "properties")))
            for name in kind.unexpected:
                field = ".".join([*path, name])
                yield field, f"`{field}` is ", "not known here", _suggestion(name, known)
        else:
            field = ".".join(path)
            what = f"`{field}` is {short_json(error.instance)}: " if field else "the entry: "
            yield field, what, _reason(kind, error), self._advice(rules) + self._encoding(error)

    def _advice(self, schema_path: Sequence[str | int]) -> str:
        rules = self._rules_at(schema_path)
        if "$ref" in rules:
            rules = self._rules_at(rules["$ref"].split("/")[1:])
        advice = rules.get("x-advice")
        return f"; {advice}" if advice else ""

    def _encoding(self, error: jsonschema_rs.ValidationError) -> str:
        """Return further advice if encoding the value would repair it."""
        is_url = self._rules_at(error.schema_path[:-1]).get("format") == "uri"
        return ENCODING if is_url and character_fault(str(error.instance)) else ""

    def _rules_at(self, schema_path: Sequence[str | int]) -> dict[str, Any]:
        schema: Any = self._schema
        for part in schema_path:
            try:
                schema = schema[part]
            except (KeyError, IndexError, TypeError):
                return {}
        return schema if isinstance(schema, dict) else {}


def _suggestion(name: str, known: Sequence[str]) -> str:
    """Return advice on an unknown field name."""
    return f"; {did_you_mean(name, known)}"


def _reason(kind: jsonschema_rs.ValidationErrorKind, error: jsonschema_rs.ValidationError) -> str:
    kinds = jsonschema_rs.ValidationErrorKind
    text = str(error.instance)
    match kind:
        case kinds.Type():
            return f"it must be of type {' or '.join(kind.types)}"
        case kinds.Minimum():
            return f"it must not be less than {kind.limit}"
        case kinds.MinLength():
            return "it must not be empty"
        case kinds.Format():
            fault = character_fault(text) or authority_fault(text) or scheme_fault(text)
            return fault or f"it is not a valid {kind.format.upper()}"
        case kinds.Pattern():
            is_of_url = kind.pattern.startswith(URL_START)
            fault = authority_fault(text) or (scheme_fault(text) if is_of_url else None)
            return fault or "it does not have the required form"
        case kinds.Enum():
            return f"it must be one of {short_json(kind.options)}"
    message = error.message
    return message if len(message) <= 2 * SHOWN_VALUE_LENGTH else message[: 2 * SHOWN_VALUE_LENGTH]
