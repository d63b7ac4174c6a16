"""The interface of a kind, and the schema check and checksum that all kinds share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from ld_import.compact_json import compact_json
from ld_import.kinds.addresses import authority_fault, character_fault, scheme_fault
from ld_import.model import Entry, Invalid, Item, Job, Problem
from ld_import.wording import did_you_mean

# Imported when entries are checked: `status` only reads answers.
if TYPE_CHECKING:
    import jsonschema_rs

SCHEMA_FOLDER = Path(__file__).with_name("schemas")
# The start of the patterns that the schemas have for URLs.
URL_START = "^[hH]"
ENCODING = "; `| encode_url` encodes characters that a URL cannot contain"
SHOWN_VALUE_LENGTH = 60


class Kind(Protocol):
    """One kind of import: the form of its entries and the meaning of its answers."""

    name: str
    path: str
    list_key: str
    # Whether entries have an `id` besides their externalId, and an optional systemName.
    has_own_ids: bool
    # Whether the server counts these items against the quota of 24 hours.
    has_quota: bool

    def item_from(
        self, entry: Entry, system_name: str, record_digest: bytes, *, keeps_fields: bool = False
    ) -> Item | Invalid:
        """Check an entry against the kind's schema; an Invalid lists *every* problem.

        With `keeps_fields` the item has the `fields` that its `body` has.
        """
        ...

    def envelope(
        self, system_name: str, *, webhook: str | None, context: Mapping[str, Any] | None
    ) -> tuple[bytes, bytes]:
        """Return the text before and after the comma-joined item bodies of a request."""
        ...

    def submitted_from(self, answer: Any, items: Sequence[Item]) -> Job | None:
        """Return the job of an answer to an import request; `None` if it is not from this API.

        A kind whose import is synchronous returns a finished job without an id.
        """
        ...

    def job_from(self, answer: Any, job_id: str) -> Job | None:
        """Return the job of an answer to a status request; `None` if it is not from this API."""
        ...


class Checker:
    """A JSON Schema that reports every problem of an entry, each with advice."""

    def __init__(self, schema_name: str) -> None:
        """Compile `schemas/<schema_name>.json`; takes about a millisecond."""
        import jsonschema_rs

        text = (SCHEMA_FOLDER / f"{schema_name}.json").read_bytes()
        self.schema: dict[str, Any] = orjson.loads(text)
        self._validator = jsonschema_rs.validator_for(self.schema, validate_formats=True)

    def problems(self, fields: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return all problems; an empty tuple if the entry is valid."""
        if self._validator.is_valid(fields):
            return ()
        # One value may violate several rules; they are reported in one sentence.
        reasons: dict[tuple[str, str, str], list[str]] = {}
        for error in self._validator.iter_errors(fields):
            for field, what, reason, advice in self._violations(error):
                reasons.setdefault((field, what, advice), []).append(reason)
        return tuple(
            Problem(field, what + ", ".join(dict.fromkeys(texts)) + advice)
            for (field, what, advice), texts in reasons.items()
        )

    def _violations(
        self, error: jsonschema_rs.ValidationError
    ) -> Iterator[tuple[str, str, str, str]]:
        """Yield field, subject, reason and advice; several fields may violate one rule."""
        import jsonschema_rs

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
        schema: Any = self.schema
        for part in schema_path:
            try:
                schema = schema[part]
            except (KeyError, IndexError, TypeError):
                return {}
        return schema if isinstance(schema, dict) else {}


def _suggestion(name: str, known: Sequence[str]) -> str:
    """Return advice on an unknown field name."""
    return f"; {did_you_mean(name, known)}"


def as_text(value: Any) -> str:
    """Return a text of a server unchanged, an empty text for null, and JSON for any other value."""
    if isinstance(value, str):
        return value
    try:
        return "" if value is None else orjson.dumps(value).decode()
    except TypeError:
        return "(too deeply nested)"


def short_json(value: Any) -> str:
    """Return a value as JSON for a message, cut if it is long."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= SHOWN_VALUE_LENGTH else text[: SHOWN_VALUE_LENGTH - 1] + "…"


def _reason(kind: jsonschema_rs.ValidationErrorKind, error: jsonschema_rs.ValidationError) -> str:
    import jsonschema_rs

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


def encode(fields: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return an entry's compact JSON and its checksum, which ignores the order of keys.

    Raises TypeError for a value that JSON cannot represent.
    """
    canonical = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return compact_json(fields), blake2b(canonical, digest_size=16).digest()
