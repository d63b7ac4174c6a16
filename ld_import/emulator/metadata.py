"""The metadata of the project: which properties there are, and of which type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ld_import.emulator.settings import Settings

FAILURE = "Metadata validation failed."
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def problems_of(metadata: Mapping[str, Any], settings: Settings) -> list[dict[str, str]]:
    """Return what the project has against these properties; without a rule, nothing."""
    types = settings.metadata_types
    if not types:
        return []
    told = {name: _problem_of(name, value, types) for name, value in metadata.items()}
    return [
        {"metadataProperty": name, "message": message} for name, message in told.items() if message
    ]


def refusal_of(problems: Sequence[Mapping[str, str]], settings: Settings) -> dict[str, Any]:
    """Return the details of a refusal, under the key of the server's age."""
    if settings.old_metadata_errors:
        return {"invalidMetadata": list(problems)}
    return {"message": FAILURE, "errors": list(problems)}


def _problem_of(name: str, value: Any, types: Mapping[str, str]) -> str | None:
    if name not in types:
        return f"The property '{name}' is not configured"
    check = _CHECKS.get(types[name])
    return (
        None if check is None or check(value) else f"The value of '/{name}' must be {types[name]}"
    )
