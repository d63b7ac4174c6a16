"""Answers of the API: plain JSON, and the error envelope in which every refusal goes out."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

# The vendor's words first; the names of the standard library differ between Python versions.
_LABELS = {
    413: "Payload Too Large",
    429: "Usage Limit Exceeded",
}


class Refusal(Exception):
    """The server declines a request: raised anywhere below a route, answered as the envelope."""

    def __init__(
        self,
        status: int,
        details: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        as_array: bool = False,
    ) -> None:
        """Keep the HTTP status and what `error_details` will say."""
        super().__init__(status, details)
        self.status = status
        self.details = details
        self.headers = dict(headers or {})
        self.as_array = as_array


def no_such_entry(media_id: str) -> Refusal:
    """Return the refusal for an entry that the media library does not have."""
    message = f"MediaLibrary Entry does not exist (id: '{media_id}')"
    return Refusal(404, {"name": "NotFound", "message": message})


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/json; charset=utf-8",
    )


def envelope(status: int, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of an error."""
    return {"status": status, "error": label_of(status), "error_details": dict(details)}


def refusal_answer(refusal: Refusal) -> Response:
    """Return the response that tells a client of a refusal."""
    body = envelope(refusal.status, refusal.details)
    return json_answer(
        [body] if refusal.as_array else body, status=refusal.status, headers=refusal.headers
    )


def proxy_page(status: int) -> bytes:
    """Return what a proxy in front of the server says on its own: HTML, no JSON."""
    title = f"{status} {label_of(status)}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def label_of(status: int) -> str:
    """Return the words for an HTTP status."""
    # Proxies have statuses of their own, such as 522.
    known = next((each.phrase for each in HTTPStatus if each == status), "Error")
    return _LABELS.get(status, known)
