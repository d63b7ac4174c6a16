"""The operations of a PATCH: their members, and since which version there is what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ld_import.emulator.settings import is_from

NOTE_LENGTH = 200
# Everything that is not named here is older than the oldest version.
_SINCE = {"note": "2026-01", "unrevokeAsset": "2026-01", "preserveUpdatedAt": "2026-03"}
_TEXT = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Operation:
    """The members of one operation, each with the schema of its value."""

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
    """Return the schema of a PATCH body as this version of the API knows it."""
    operations = _known(OPERATIONS, version)
    patch = {
        "type": "object",
        "required": ["operation"],
        "properties": {"operation": {"enum": list(operations)}},
        "allOf": [_rule(name, each, version) for name, each in operations.items()],
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
    this_one = {"required": ["operation"], "properties": {"operation": {"const": name}}}
    form = {
        "required": list(operation.required),
        "properties": {"operation": {}, **_known(operation.members, version)},
        "additionalProperties": False,
    }
    return {"if": this_one, "then": form}


def _known(named: Mapping[str, Any], version: str) -> dict[str, Any]:
    return {
        name: each
        for name, each in named.items()
        if name not in _SINCE or is_from(version, _SINCE[name])
    }
