"""Small YAML files that are one mapping, such as the configuration: values and lines of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from ld_import.errors import ManifestError
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.yaml import PARSER, YAML
from ld_import.manifest.formats.yaml_builder import (
    MappingEnd,
    MappingStart,
    SequenceEnd,
    SequenceStart,
)

# A key, or the number of a list element from 0, with those around it, outermost first.
KeyPath = tuple[str, ...]


def read_mapping(path: Path) -> tuple[Mapping[str, Any], Mapping[KeyPath, int]]:
    """Read a YAML file that is one mapping, by the rules of manifests; also the line of each key.

    Raises `ManifestError`.
    """
    file = ByteFile(path)
    survey = YAML.survey(file)
    if survey.header is None:
        raise ManifestError(f"{path}: the file is a list, but must be a mapping")
    return survey.header, key_lines(file)


def key_lines(file: ByteFile) -> dict[KeyPath, int]:
    """Return the line of each key and list element of a file that passed a survey.

    Keys inside the value of an alias have no line.
    """
    lines: dict[KeyPath, int] = {}
    with file.open() as stream:
        next_event = PARSER(stream).get_event
        while type(next_event()) is not MappingStart:
            pass
        _mapping(next_event, (), lines)
    return lines


def _mapping(next_event: Callable[[], Any], parent: KeyPath, lines: dict[KeyPath, int]) -> None:
    while type(key := next_event()) is not MappingEnd:
        # An alias as a key has a name, but no value.
        path = (*parent, getattr(key, "value", ""))
        lines[path] = key.start_mark.line + 1
        _value(next_event(), next_event, path, lines)


def _value(
    event: Any, next_event: Callable[[], Any], path: KeyPath, lines: dict[KeyPath, int]
) -> None:
    if type(event) is MappingStart:
        _mapping(next_event, path, lines)
    elif type(event) is SequenceStart:
        for index in count():
            if type(item := next_event()) is SequenceEnd:
                return
            element = (*path, str(index))
            lines[element] = item.start_mark.line + 1
            _value(item, next_event, element, lines)
