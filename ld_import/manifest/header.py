"""Header of a manifest, validated by a JSON Schema; one error names every problem and its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ld_import.errors import ManifestError
from ld_import.manifest.base import LIST_KEYS, Survey
from ld_import.manifest.files import name_of
from ld_import.usual_values import usual_check
from ld_import.wording import did_you_mean, shorten, show

CONTEXT_LIMIT_BYTES = 8192
SCHEMA_PATH = Path(__file__).with_name("header.schema.json")
# Keys that say how to read the source.
SOURCE_KEYS = ("delimiter", "sheet")
PLACES = ", ".join(f"`{key}`" for key in ("source", *LIST_KEYS))


@dataclass(frozen=True, slots=True)
class Header:
    """Values that apply to all records of a manifest; each of them is optional.

    `source` is joined with the folder of the manifest; `delimiter` and `sheet` are options of its
    format. `list_key` is the key of the list of records in the file itself. `storage` is the name
    of the storage of files to upload, or its name for each of `image`, `video` and `file`.
    """

    system_name: str | None = None
    external_id: str | None = None
    map: dict[str, Any] | None = None
    webhook: str | None = None
    context: dict[str, Any] | None = None
    source: Path | None = None
    delimiter: str | None = None
    sheet: str | None = None
    list_key: str | None = None
    storage: str | dict[str, str] | None = None


def header_from(path: Path, survey: Survey) -> Header:
    """Return the validated header, empty for a file of records only. Raises `ManifestError`."""
    values = survey.header
    if values is None:
        return Header()
    if problems := sorted(_problems(values, survey.lines)):
        listed = "; ".join(_with_line(*problem) for problem in problems)
        raise ManifestError(f"{name_of(path)}: {listed}")
    return Header(
        system_name=values.get("systemName"),
        external_id=values.get("externalId"),
        map=values.get("map"),
        webhook=values.get("webhook"),
        context=values.get("context"),
        source=path.parent / values["source"] if "source" in values else None,
        delimiter=values.get("delimiter"),
        sheet=values.get("sheet"),
        list_key=next((key for key in LIST_KEYS if key in values), None),
        storage=values.get("storage"),
    )


def _with_line(line: int, text: str) -> str:
    return f"line {line}: {text}" if line else text


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = orjson.loads(SCHEMA_PATH.read_bytes())
    return schema


def _problems(header: dict[str, Any], lines: dict[str, int]) -> Iterator[tuple[int, str]]:
    """Yield each problem with its line, or 0 for the whole file."""
    properties = _schema()["properties"]
    for key in header.keys() - properties.keys():
        advice = did_you_mean(key, properties)
        yield lines[key], f"`{shorten(key)}` is not a key of a manifest; {advice}"
    unwritable = dict(_unwritable(header))
    for key, text in unwritable.items():
        yield lines[key], text
    for key in _misfits({key: header[key] for key in header.keys() - unwritable.keys()}):
        yield lines[key], f"`{key}` must be {_wanted(key)}, not {show(header[key])}"
    named = [key for key in header if key in ("source", *LIST_KEYS)]
    if len(named) > 1:
        keys = " and ".join(f"`{key}`" for key in named)
        yield lines[named[1]], f"the records must be in one place, not in {keys}"
    if "source" not in header:
        for key in SOURCE_KEYS:
            if header.get(key) is not None:
                yield lines[key], f"`{key}` needs a `source` that it applies to"
    if not named:
        yield 0, f"the key with the records is missing: add one of {PLACES}"


def _misfits(header: dict[str, Any]) -> list[str]:
    """Return each known key with a value that the schema does not allow, once."""
    if usual_check(_schema())(header):
        return []
    # Loaded for an unusual header: it takes eleven megabytes.
    import jsonschema_rs

    errors = jsonschema_rs.validator_for(_schema()).iter_errors(header)
    return list(
        dict.fromkeys(str(error.instance_path[0]) for error in errors if error.instance_path)
    )


def _wanted(key: str) -> str:
    schema = _schema()
    rule = schema["$defs"]["records"] if key in LIST_KEYS else schema["properties"][key]
    return str(rule["description"])


def _unwritable(header: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key with a value that JSON cannot represent or that is too large to send."""
    for key, value in header.items():
        try:
            orjson.dumps({key: value})
        except orjson.JSONEncodeError as error:
            yield key, f"`{shorten(key)}` has a value that JSON cannot represent ({error})"
            continue
        if key == "context" and (size := len(orjson.dumps(value))) > CONTEXT_LIMIT_BYTES:
            yield key, f"`context` has {size} bytes; at most {CONTEXT_LIMIT_BYTES} are allowed"
