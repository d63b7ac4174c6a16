"""The operations of a PATCH: their members, and the version that introduced each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ld_import.emulator.settings import is_from

NOTE_LENGTH = 200
# Names not listed here exist in all versions.
_SINCE = {"note": "2026-01", "unrevokeAsset": "2026-01", "preserveUpdatedAt": "2026-03"}
_TEXT = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Operation:
    """The members of an operation, with the schemas of their values."""

    members: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()


OPERATIONS: Mapping[str, Operation] = {
    "setMetadataProperty": Operation({"propertyName": _TEXT, "value": {}}, ("propertyName",)),
    "replaceAsset": Operation({"value": {"type": "object"}}, ("value",)),
    "removeAsset": Operation({"locale": _TEXT}, ("locale",)),
    "revokeAsset": Operation({"note": {"type": "string", "maxLength": NOTE_LENGTH}}),
    "unrevokeAsset": Operation(),
    "archive": Operation(),
}


def patch_schema(version: str) -> dict[str, Any]:
    """Return the schema of a PATCH body in this version of the API."""
    operations = _known(OPERATIONS, version)
    patch = {
        "type": "object",
        "required": ["operation"],
        "properties": {"operation": {"enum": list(operations)}},
        "allOf": [_rule(name, operation, version) for name, operation in operations.items()],
    }
    members = {
        "version": {"type": ["number", "string"]},
        "preserveUpdatedAt": {"type": "boolean"},
        "patches": {"type": "array", "minItems": 1, "items": patch},
    }
    return {
        "type": "object",
        "required": ["patches"],
        "properties": _known(members, version),
        "additionalProperties": False,
    }


def _rule(name: str, operation: Operation, version: str) -> dict[str, Any]:
    condition = {"required": ["operation"], "properties": {"operation": {"const": name}}}
    form = {
        "required": list(operation.required),
        "properties": {"operation": {}, **_known(operation.members, version)},
        "additionalProperties": False,
    }
    return {"if": condition, "then": form}


def _known(named: Mapping[str, Any], version: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in named.items()
        if name not in _SINCE or is_from(version, _SINCE[name])
    }
