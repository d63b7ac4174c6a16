"""Validation of request bodies: JSON, and the schema of the endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from ld_import.emulator.answers import Refusal
from ld_import.emulator.kinds import LIBRARY
from ld_import.emulator.operations import patch_schema
from ld_import.emulator.project import Project
from ld_import.emulator.settings import Settings

CONTEXT_LIMIT_BYTES = 8192
# The parameter lists of these two kinds describe `mediaType` as required.
_TYPED = ("images", "files")


def import_from(body: bytes, name: str, settings: Settings) -> dict[str, Any]:
    """Return the checked body of a POST to an asynchronous import."""
    strict = _strict(name, is_typed=settings.media_type_required)
    request = _checked(body, strict if settings.strict else _lenient(name))
    size = len(orjson.dumps(request.get("context", {})))
    if size > CONTEXT_LIMIT_BYTES:
        text = f"has {size} bytes, at most {CONTEXT_LIMIT_BYTES} are allowed"
        raise Refusal(HTTPStatus.BAD_REQUEST, {"context": text})
    return request


def entries_from(body: bytes, project: Project, settings: Settings) -> list[dict[str, Any]]:
    """Return the checked entries of a POST to the media library.

    A configured project may have media types of any handle, whose kind determines the asset.
    """
    is_open = project.media_types is not None and settings.own_media_types
    entries: list[dict[str, Any]] = _checked(body, _library(is_open=is_open))["mediaLibraryEntries"]
    if is_open:
        for index, entry in enumerate(entries):
            if word := project.word_of(entry["mediaType"]):
                check_asset(entry["asset"], word, f"mediaLibraryEntries.{index}.asset")
    return entries


def patch_from(body: bytes, version: str) -> dict[str, Any]:
    """Return the checked body of a PATCH."""
    return _checked(body, _patch(version))


def check_asset(asset: dict[str, Any], media_type: str, path: str) -> None:
    """Refuse an asset without the members that its media type requires."""
    problems = _problems_of(asset, _asset(media_type))
    if problems:
        raise Refusal(
            HTTPStatus.BAD_REQUEST, {f"{path}.{key}": text for key, text in problems.items()}
        )


def _checked(body: bytes, validator: Any) -> dict[str, Any]:
    """Return the parsed body. Raises a 400 Refusal with the dotted path of every invalid field."""
    try:
        request: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(
            HTTPStatus.BAD_REQUEST, {"message": f"The body is not JSON: {error}"}
        ) from error
    problems = _problems_of(request, validator)
    if problems:
        raise Refusal(HTTPStatus.BAD_REQUEST, problems)
    return request


def _problems_of(value: Any, validator: Any) -> dict[str, str]:
    problems: dict[str, str] = {}
    for problem in validator.iter_errors(value):
        for path, text in _messages_of(problem):
            problems.setdefault(path or "message", text)
    return problems


def _messages_of(problem: Any) -> Iterator[tuple[str, str]]:
    """Yield the dotted paths of a schema error, each with the server's message."""
    path = [str(part) for part in problem.instance_path]
    match problem.kind.name:
        case "required":
            yield ".".join([*path, problem.kind.property]), "is required"
        case "additionalProperties":
            for name in problem.kind.unexpected:
                yield ".".join([*path, name]), "is not a known key"
        case "not":
            yield ".".join(path), "must not be a data URL"
        case "enum" if path[-1] == "mediaType":
            yield ".".join(path[:-1]), 'value of tag "mediaType" must be in oneOf'
        case "enum":
            shown = orjson.dumps(problem.instance).decode()
            yield ".".join(path), f"No enum match for: {shown}"
        case _:
            yield ".".join(path), problem.message


# Compiling a schema takes longer than validating with it.
@cache
def _strict(name: str, *, is_typed: bool) -> Any:
    schema = _schema(name)
    if is_typed and name in _TYPED:
        schema["properties"][name]["items"]["required"].append("mediaType")
    return _compiled(schema)


@cache
def _lenient(name: str) -> Any:
    return _compiled(_relaxed(_schema(name), name))


@cache
def _library(*, is_open: bool) -> Any:
    schema = {**_schema(LIBRARY), "$defs": _schema("assets")}
    if is_open:
        entry = schema["properties"]["mediaLibraryEntries"]["items"]
        del entry["allOf"]
        entry["properties"] |= {"mediaType": {"type": "string"}, "asset": {"type": "object"}}
    return _compiled(schema)


@cache
def _asset(media_type: str) -> Any:
    return _compiled(_schema("assets")[media_type])


@cache
def _patch(version: str) -> Any:
    return _compiled(patch_schema(version))


def _schema(name: str) -> dict[str, Any]:
    path = Path(__file__).parent / "schemas" / f"{name}.json"
    schema: dict[str, Any] = orjson.loads(path.read_bytes())
    return schema


def _compiled(schema: dict[str, Any]) -> Any:
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def _relaxed(request: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a schema that checks types only: an item requires just `id` and `url`."""
    item = request["properties"][name]["items"]
    members = {key: {"type": schema["type"]} for key, schema in item["properties"].items()}
    listed = {"type": "array", "items": {**item, "required": ["id", "url"], "properties": members}}
    return {**request, "properties": {**request["properties"], name: listed}}
