"""The mistakes in `ld-import.yaml`, each with its line: by the schema, and those of storages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from ld_import.cli.config.schemes import unfit_keys
from ld_import.cli.config.sizes import bytes_from
from ld_import.wording import did_you_mean, show

SCHEMA_PATH = Path(__file__).with_name("config.schema.json")

Place = tuple[str, ...]
Problem = tuple[int, str]

# Their values may contain secrets, which must not be in a message.
SECRET_PLACES = (("tokenCommand",), ("webhook",), ("context",))
# Keys that other programs have for a secret itself, with the place for it here.
SECRET_KEYS = {
    "accessKey": "`accessKeyFile`, or set AWS_ACCESS_KEY_ID",
    "accessKeyId": "`accessKeyFile`, or set AWS_ACCESS_KEY_ID",
    "secretKey": "`secretKeyFile`, or set AWS_SECRET_ACCESS_KEY",
    "secretAccessKey": "`secretKeyFile`, or set AWS_SECRET_ACCESS_KEY",
    "accountKey": "`secretKeyFile`, or set AZURE_STORAGE_ACCOUNT_KEY",
    "serviceAccount": "`serviceAccountFile`, or set GOOGLE_APPLICATION_CREDENTIALS",
    "serviceAccountKey": "`serviceAccountFile`, or set GOOGLE_APPLICATION_CREDENTIALS",
    "password": "`passwordFile`",
    "privateKey": "`keyFile`",
    "token": "`tokenFile`",
}
SECTIONS = ("storages", "sources")
# Keys with a number of bytes that may be a text, whose limits the schema cannot check.
SIZE_KEYS = ("partSize", "limitBandwidth")


def mistakes_in(values: Mapping[str, Any], lines: Mapping[Place, int]) -> list[str]:
    """Return each mistake in the order of the file; `lines` has the line of each key."""
    schema = orjson.loads(SCHEMA_PATH.read_bytes())
    problems: set[Problem] = set()
    for error in jsonschema_rs.validator_for(schema).iter_errors(values):
        where = tuple(str(part) for part in error.instance_path)
        rule = _rule(schema, list(error.schema_path[:-1]))
        problems.update(_of_error(error, where, rule, lines))
    for place, value, rule in _sizes(values, schema):
        size = bytes_from(value)
        most = rule.get("maximum")
        if size is None or size < rule["minimum"] or (most is not None and size > most):
            problems.add((_line(place, lines), _misfit(place, rule, value)))
    for place, text in unfit_keys(values):
        problems.add((_line(place, lines), f"`{'.'.join(place)}` {text}"))
    return [f"line {line}: {text}" for line, text in sorted(problems)]


def _of_error(
    error: Any, where: Place, rule: Mapping[str, Any], lines: Mapping[Place, int]
) -> Iterator[Problem]:
    kind = jsonschema_rs.ValidationErrorKind
    if isinstance(error.kind, kind.AdditionalProperties):
        for name in error.kind.unexpected:
            place = (*where, name)
            yield _line(place, lines), _unknown(place, list(rule["properties"]))
    elif isinstance(error.kind, kind.Required):
        missing = error.kind.property
        wanted = rule["properties"][missing]["description"]
        yield _line(where, lines), f"`{'.'.join(where)}` needs `{missing}`: {wanted}"
    else:
        yield _line(where, lines), _misfit(where, rule, error.instance)


def _unknown(place: Place, known: list[str]) -> str:
    name = place[-1]
    if place[0] in SECTIONS and len(place) > 2 and name in SECRET_KEYS:
        return (
            f"`{'.'.join(place)}` is a secret, and must not be in this file; name a file that"
            f" contains it with {SECRET_KEYS[name]}"
        )
    return f"unknown key `{'.'.join(place)}`; {did_you_mean(name, known)}"


def _misfit(place: Place, rule: Mapping[str, Any], value: Any) -> str:
    shown = "" if place[-1:] in SECRET_PLACES else f", not {show(value)}"
    return f"`{'.'.join(place)}` must be {rule['description']}{shown}"


def _sizes(
    values: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
    """Yield each number of bytes that is a text, with its rule."""
    storages = values.get("storages")
    entries: list[tuple[Place, Any, str]] = [
        (("media-library",), values.get("media-library"), "library")
    ]
    if isinstance(storages, dict):
        entries += [(("storages", name), entry, "storage") for name, entry in storages.items()]
    for place, entry, definition in entries:
        for key in SIZE_KEYS:
            value = entry.get(key) if isinstance(entry, dict) else None
            if isinstance(value, str):
                yield (*place, key), value, schema["$defs"][definition]["properties"][key]


def _rule(schema: Any, path: list[str | int]) -> Any:
    for part in path:
        schema = schema[part]
    return schema


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    """Return the line of a key, or of the innermost mapping around it that has one."""
    around = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[outer] for outer in around if outer in lines), 1)
