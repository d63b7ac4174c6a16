"""Validation of metadata: names of properties, and JSON types by the plugin of each property.

Lengths, ranges, lists of values and required properties are not checked by an import. Plugins
without a storage schema, such as those of a customer, accept every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from ld_import.emulator.settings import Settings

FAILURE = "Metadata validation failed."
Problem = dict[str, str]


def validator_of(plugins: Mapping[str, str]) -> Any:
    """Return the compiled schema of metadata with these properties (name → plugin)."""
    storage = _storage_schemas()
    properties = {name: _or_null(storage.get(plugin, {})) for name, plugin in plugins.items()}
    return jsonschema_rs.validator_for({"properties": properties, "additionalProperties": False})


def problems_of(metadata: Mapping[str, Any], validator: Any, verb: str) -> list[Problem]:
    """Return one problem for each wrong property, in their order.

    `verb` is `must` or, on older servers, `should`.
    """
    if validator.is_valid(metadata):
        return []
    messages: dict[str, str] = {}
    for error in validator.iter_errors(metadata):
        for name, message in _messages_of(error, verb):
            messages.setdefault(name, message)
    return [
        {"metadataProperty": name, "message": messages[name]}
        for name in metadata
        if name in messages
    ]


def refusal_of(problems: Sequence[Problem], settings: Settings) -> dict[str, Any]:
    """Return the `error_details`, in the format of the configured server version."""
    if settings.old_metadata_errors:
        return {"invalidMetadata": list(problems)}
    return {"message": FAILURE, "errors": list(problems)}


def _messages_of(error: Any, verb: str) -> Iterator[tuple[str, str]]:
    if error.kind.name == "additionalProperties":
        for name in error.kind.unexpected:
            yield name, f"The property '{name}' is not configured"
        return
    (wanted,) = (name for name in error.kind.types if name != "null")
    path = [str(part) for part in error.instance_path]
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
    yield path[0], f"The value of '{pointer}' {verb} be {wanted}"


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that also accepts null, which means: not set. Elements of a list are set."""
    nullable = dict(schema)
    if "type" in schema:
        nullable["type"] = [schema["type"], "null"]
    if "properties" in schema:
        nullable["properties"] = _members_or_null(schema)
    if "items" in schema:
        nullable["items"] = {**schema["items"], "properties": _members_or_null(schema["items"])}
    return nullable


def _members_or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _or_null(member) for name, member in schema.get("properties", {}).items()}


@cache
def _storage_schemas() -> dict[str, dict[str, Any]]:
    path = Path(__file__).parent / "schemas" / "metadata.json"
    schemas: dict[str, dict[str, Any]] = orjson.loads(path.read_bytes())
    return schemas
