"""Checks of version, token, query and body size. A failed check raises a `Refusal`."""

from __future__ import annotations

import re
from collections.abc import Collection
from http import HTTPStatus

from starlette.requests import Request

from ld_import.emulator.answers import Refusal
from ld_import.emulator.settings import Settings

_DATED = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
# Both are aliases of the first dated version.
_UNDATED = ("v1", "beta")


def check_version(version: str, path: str, settings: Settings) -> None:
    """Refuse an API version that no longer exists (410) or is unknown (404)."""
    if version in settings.versions:
        return
    live = [name for name in settings.versions if _DATED.fullmatch(name)]
    is_older = bool(live) and _DATED.fullmatch(version) is not None and version < min(live)
    if is_older or version in _UNDATED:
        raise Refusal(
            HTTPStatus.GONE, {"message": f"The API version {version} does not exist anymore."}
        )
    raise Refusal(HTTPStatus.NOT_FOUND, {"url": path})


def warning_about(version: str, settings: Settings) -> str | None:
    """Return the `Warning` header for responses under this version, or None."""
    if version not in settings.warned_versions:
        return None
    return f'299 - "The API version {version} is deprecated and will be removed"'


def check_token(request: Request, scope: str, settings: Settings, now: float) -> None:
    """Refuse a request without a valid token (401) or without the required scope (403)."""
    header = request.headers.get("authorization")
    if header is None:
        raise Refusal(HTTPStatus.UNAUTHORIZED, {"access_token": "The access token is missing."})
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret or " " in secret:
        raise Refusal(HTTPStatus.UNAUTHORIZED, {"access_token": "The access token is malformed."})
    token = settings.tokens.get(secret)
    if token is None:
        raise Refusal(HTTPStatus.UNAUTHORIZED, {"access_token": "The access token is invalid."})
    if token.expires_at is not None and now >= token.expires_at:
        raise Refusal(HTTPStatus.UNAUTHORIZED, {"access_token": "The access token expired."})
    if scope not in token.scopes:
        raise Refusal(
            HTTPStatus.FORBIDDEN, {"access_token": "The request requires higher privileges"}
        )


def check_query(request: Request, known: Collection[str]) -> dict[str, str]:
    """Return the query parameters; refuse unknown and repeated ones."""
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
        raise Refusal(HTTPStatus.BAD_REQUEST, problems)
    return dict(request.query_params)


async def read_body(request: Request, settings: Settings) -> bytes:
    """Return the body; refuse a content type other than JSON (415) or a too large body (413)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if settings.strict and kind != "application/json":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            {"message": f'The content type must be application/json, not "{kind}".'},
        )
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        # A client that is still sending does not see the answer, so the whole body is read. Bytes
        # above the limit are discarded.
        if size <= settings.body_limit:
            body += chunk
    if size > settings.body_limit:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            {"message": f"The body has {size} bytes, the limit is {settings.body_limit}."},
        )
    return bytes(body)
