"""What a request must fulfil before the rules see it; everything else is a `Refusal`."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from starlette.requests import Request

from ld_import.emulator.answers import Refusal
from ld_import.emulator.kinds import KINDS
from ld_import.emulator.settings import Settings

CONTEXT_LIMIT_BYTES = 8192
_DATED = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def check_version(version: str, path: str, settings: Settings) -> None:
    """Refuse an API version that is gone (410) or was never heard of (404)."""
    if version in settings.versions:
        return
    live = [each for each in settings.versions if _DATED.fullmatch(each)]
    if live and _DATED.fullmatch(version) and version < min(live):
        raise Refusal(410, {"message": f"The API version {version} does not exist anymore."})
    raise Refusal(404, {"url": path})


def check_token(request: Request, scope: str, settings: Settings, now: float) -> None:
    """Refuse a request without a living token (401) or without the scope it needs (403)."""
    header = request.headers.get("authorization")
    if header is None:
        raise Refusal(401, {"access_token": "The access token is missing."})
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret or " " in secret:
        raise Refusal(401, {"access_token": "The access token is malformed."})
    token = settings.tokens.get(secret)
    if token is None:
        raise Refusal(401, {"access_token": "The access token is invalid."})
    if token.expires_at is not None and now >= token.expires_at:
        raise Refusal(401, {"access_token": "The access token expired."})
    if scope not in token.scopes:
        raise Refusal(403, {"access_token": "The request requires higher privileges"})


def check_query(request: Request, known: Collection[str]) -> dict[str, str]:
    """Return the query parameters; an unknown or repeated one is refused."""
    problems = {
        name: "is not a query parameter of this endpoint"
        for name in request.query_params
        if name not in known
    }
    problems |= {
        name: "is given more than once"
        for name in known
        if len(request.query_params.getlist(name)) > 1
    }
    if problems:
        raise Refusal(400, problems)
    return dict(request.query_params)


async def read_body(request: Request, settings: Settings) -> bytes:
    """Return the body, which must call itself JSON (else 415) and keep to the limit (else 413)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if settings.strict and kind != "application/json":
        raise Refusal(415, {"message": f'The content type must be application/json, not "{kind}".'})
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        # Read to the end, but keep no more than allowed: a client still sending sees no answer.
        if size <= settings.body_limit:
            body += chunk
    if size > settings.body_limit:
        raise Refusal(
            413, {"message": f"The body has {size} bytes, the limit is {settings.body_limit}."}
        )
    return bytes(body)


class BodyChecks:
    """The request schemas of all kinds, compiled once."""

    def __init__(self) -> None:
        """Read and compile the schemas beside this module."""
        schemas = {name: _schema(name) for name in KINDS}
        self._strict = {name: _compiled(schema) for name, schema in schemas.items()}
        self._lenient = {name: _compiled(_relaxed(each, name)) for name, each in schemas.items()}

    def parse(self, body: bytes, kind: str, *, is_strict: bool) -> dict[str, Any]:
        """Return the checked body; a 400 names every field that is wrong, by its dotted path."""
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Refusal(400, {"message": f"The body is not JSON: {error}"}) from error
        validator = (self._strict if is_strict else self._lenient)[kind]
        problems: dict[str, str] = {}
        for problem in validator.iter_errors(request):
            problems.setdefault(*_told(problem))
        if problems:
            raise Refusal(400, problems)
        size = len(orjson.dumps(request.get("context", {})))
        if size > CONTEXT_LIMIT_BYTES:
            text = f"has {size} bytes, at most {CONTEXT_LIMIT_BYTES} are allowed"
            raise Refusal(400, {"context": text})
        checked: dict[str, Any] = request
        return checked


def _schema(name: str) -> dict[str, Any]:
    path = Path(__file__).parent / "schemas" / f"{name}.json"
    schema: dict[str, Any] = orjson.loads(path.read_bytes())
    return schema


def _compiled(schema: dict[str, Any]) -> Any:
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def _relaxed(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """Keep the types, drop the wishes: an item needs no more than `id` and `url`."""
    item = schema["properties"][name]["items"]
    members = {key: {"type": each["type"]} for key, each in item["properties"].items()}
    listed = {"type": "array", "items": {**item, "required": ["id", "url"], "properties": members}}
    return {**schema, "properties": {**schema["properties"], name: listed}}


def _told(problem: Any) -> tuple[str, str]:
    """Return the dotted path of a problem and a sentence in the server's manner."""
    path = [str(part) for part in problem.instance_path]
    missing = getattr(problem.kind, "property", None)
    if missing is not None:
        return ".".join([*path, missing]), "is required"
    if problem.kind.name == "not":
        return ".".join(path), "must not be a data URL"
    return ".".join(path) or "message", problem.message
