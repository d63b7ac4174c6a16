"""Responses of the API: plain JSON, and the error envelope of refused requests."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

# The vendor's labels take precedence. The phrases of `http.HTTPStatus` differ between Python
# versions.
_LABELS: dict[int, str] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Payload Too Large",
    HTTPStatus.TOO_MANY_REQUESTS: "Usage Limit Exceeded",
}


class Refusal(Exception):
    """A refused request. Raised anywhere below a route and answered with the error envelope."""

    def __init__(
        self,
        status: int,
        details: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        as_array: bool = False,
    ) -> None:
        """Store the HTTP status and the `error_details`."""
        super().__init__(status, details)
        self.status = status
        self.details = details
        self.headers = dict(headers or {})
        self.as_array = as_array


def no_such_entry(media_id: str) -> Refusal:
    """Return the refusal for an entry that is not in the media library."""
    message = f"MediaLibrary Entry does not exist (id: '{media_id}')"
    return Refusal(HTTPStatus.NOT_FOUND, {"name": "NotFound", "message": message})


def json_answer(
    body: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
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
    """Return the response to a refused request."""
    body = envelope(refusal.status, refusal.details)
    return json_answer(
        [body] if refusal.as_array else body, status=refusal.status, headers=refusal.headers
    )


def proxy_page(status: int) -> bytes:
    """Return the HTML error page of a proxy in front of the server."""
    title = f"{status} {label_of(status)}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def label_of(status: int) -> str:
    """Return the label of an HTTP status."""
    # Proxies use non-standard statuses such as 522.
    phrase = next((member.phrase for member in HTTPStatus if member == status), "Error")
    return _LABELS.get(status, phrase)
