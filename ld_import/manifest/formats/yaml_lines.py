"""Where the keys of a small YAML file stand, those inside other mappings included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.yaml import PARSER
from ld_import.manifest.formats.yaml_builder import (
    MappingEnd,
    MappingStart,
    SequenceEnd,
    SequenceStart,
)

Place = tuple[str, ...]


def places_of(file: ByteFile) -> dict[Place, int]:
    """Give the line of each key, named with the keys it stands under.

    For a mapping that a survey has found sound. What an alias stands for has no lines here.
    """
    found: dict[Place, int] = {}
    with file.open() as stream:
        next_event = PARSER(stream).get_event
        while type(next_event()) is not MappingStart:
            pass
        _mapping(next_event, (), found)
    return found


def _mapping(next_event: Callable[[], Any], under: Place, found: dict[Place, int]) -> None:
    while type(key := next_event()) is not MappingEnd:
        # A key can be an alias, too, which has a name only.
        place = (*under, getattr(key, "value", ""))
        found[place] = key.start_mark.line + 1
        _value(next_event(), next_event, place, found)


def _value(
    event: Any, next_event: Callable[[], Any], place: Place, found: dict[Place, int]
) -> None:
    if type(event) is MappingStart:
        _mapping(next_event, place, found)
    elif type(event) is SequenceStart:
        while type(each := next_event()) is not SequenceEnd:
            _value(each, next_event, place, found)
