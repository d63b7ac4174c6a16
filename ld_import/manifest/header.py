"""The header of a manifest, checked by a JSON Schema; every problem is told at once, with lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from ld_import.errors import ManifestError
from ld_import.manifest.base import LIST_KEYS, Survey
from ld_import.manifest.files import name_of
from ld_import.wording import nearest, shorten, show

CONTEXT_LIMIT_BYTES = 8192
SCHEMA = orjson.loads(Path(__file__).with_name("header.schema.json").read_bytes())
PLACES = ", ".join(f"`{key}`" for key in ("source", *LIST_KEYS))


@dataclass(frozen=True, slots=True)
class Header:
    """What a manifest says about all its records; every part may be missing.

    `source` is joined with the folder of the manifest; `list_key` is the name under which the
    records stand in the file itself.
    """

    system_name: str | None = None
    external_id: str | None = None
    map: dict[str, Any] | None = None
    webhook: str | None = None
    context: dict[str, Any] | None = None
    source: Path | None = None
    list_key: str | None = None


def header_from(path: Path, survey: Survey) -> Header:
    """Check what the survey found and give it its types; a file of records only has no header."""
    if survey.header is None:
        return Header()
    told = survey.header
    problems = sorted(_problems(survey))
    if problems:
        raise ManifestError(f"{name_of(path)}: " + "; ".join(_placed(*each) for each in problems))
    return Header(
        system_name=told.get("systemName"),
        external_id=told.get("externalId"),
        map=told.get("map"),
        webhook=told.get("webhook"),
        context=told.get("context"),
        source=path.parent / told["source"] if "source" in told else None,
        list_key=next((key for key in LIST_KEYS if key in told), None),
    )


def _placed(line: int, text: str) -> str:
    return f"line {line}: {text}" if line else text


def _problems(survey: Survey) -> Iterator[tuple[int, str]]:
    header, lines = survey.header or {}, survey.lines
    for key in header.keys() - SCHEMA["properties"].keys():
        known = nearest(key, SCHEMA["properties"])
        yield lines[key], f"`{shorten(key)}` is not a key of a manifest; {known}"
    unwritable = dict(_unwritable(header))
    for key, text in unwritable.items():
        yield lines[key], text
    for key in _misfits({key: header[key] for key in header.keys() - unwritable.keys()}):
        yield lines[key], f"`{key}` must be {_wanted(key)}, not {show(header[key])}"
    named = [key for key in header if key in ("source", *LIST_KEYS)]
    if len(named) > 1:
        keys = " and ".join(f"`{key}`" for key in named)
        yield lines[named[1]], f"{keys} stand side by side: the records must be in one place"
    if not named:
        yield 0, f"there are no records: one of {PLACES} is needed"


def _misfits(header: dict[str, Any]) -> list[str]:
    """Name each known key whose value the schema refuses, once."""
    errors = jsonschema_rs.validator_for(SCHEMA).iter_errors(header)
    return list(
        dict.fromkeys(str(error.instance_path[0]) for error in errors if error.instance_path)
    )


def _wanted(key: str) -> str:
    rule = SCHEMA["$defs"]["records"] if key in LIST_KEYS else SCHEMA["properties"][key]
    return str(rule["description"])


def _unwritable(header: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Find values that the header may hold but a request cannot carry, or no text at all."""
    for key, value in header.items():
        try:
            orjson.dumps({key: value})
        except orjson.JSONEncodeError as error:
            yield key, f"`{shorten(key)}` holds a value that JSON cannot carry ({error})"
            continue
        if key == "context" and (size := len(orjson.dumps(value))) > CONTEXT_LIMIT_BYTES:
            yield key, f"`context` is {size} bytes long, at most {CONTEXT_LIMIT_BYTES} may be"
