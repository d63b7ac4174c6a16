"""Validation of a project configuration: the members that the server interprets, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

# Position of a value in the configuration: keys, and numbers of list elements from 0.
Place = tuple[str | int, ...]
SHOWN_PROBLEMS = 3
_TYPES = {"object": "an object", "array": "a list", "string": "a text"}


class InvalidProjectConfig(ValueError):
    """A project configuration that the server cannot use; `problems` are places with texts."""

    def __init__(self, problems: Sequence[tuple[Place, str]]) -> None:
        """Store the problems, each with its place."""
        self.problems = tuple(problems)
        super().__init__(f"invalid project configuration: {self.text_of(lambda _: '')}")

    def text_of(self, position: Callable[[Place], str]) -> str:
        """Return the first problems as text, each after the text that `position(place)` returns."""
        shown = [
            f"{position(place)}{shown_place(place)} {text}"
            for place, text in self.problems[:SHOWN_PROBLEMS]
        ]
        more = len(self.problems) - len(shown)
        return "; ".join([*shown, f"and {more} more" if more else ""]).removesuffix("; ")


def shown_place(place: Place) -> str:
    """Return a place as text: `mediaTypes[0].handle`, in backquotes."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"`{text.removeprefix('.')}`" if place else "the configuration"


def check_project_config(config: Any) -> None:
    """Check types, required members and that handles are unique. Raises InvalidProjectConfig."""
    problems = [
        problem for error in _schema().iter_errors(config) for problem in _problems_of(error)
    ]
    problems = problems or list(_repeated_handles(config))
    if problems:
        raise InvalidProjectConfig(problems)


def _problems_of(error: Any) -> Iterator[tuple[Place, str]]:
    place: Place = tuple(error.instance_path)
    match error.kind.name:
        case "required":
            yield (*place, error.kind.property), "is missing"
        case "enum":
            yield place, f"must be one of {', '.join(error.kind.options)}"
        case "minLength" | "minItems":
            yield place, "must not be empty"
        case _:
            yield place, f"must be {' or '.join(_TYPES[name] for name in error.kind.types)}"


def _repeated_handles(config: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    media_types = config.get("mediaTypes", ())
    yield from _repeated(media_types, ("mediaTypes",))
    for index, media_type in enumerate(media_types):
        yield from _repeated(media_type.get("metadata", ()), ("mediaTypes", index, "metadata"))


def _repeated(parts: Sequence[Mapping[str, Any]], place: Place) -> Iterator[tuple[Place, str]]:
    first: dict[str, int] = {}
    for index, part in enumerate(parts):
        earlier = first.setdefault(part["handle"], index)
        if earlier != index:
            yield (*place, index, "handle"), f"repeats that of {shown_place((*place, earlier))}"


@cache
def _schema() -> Any:
    path = Path(__file__).parent / "schemas" / "projectConfig.json"
    return jsonschema_rs.validator_for(orjson.loads(path.read_bytes()))
