"""ASGI application: accepts notifications by POST to a secret path and answers 404 otherwise."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ld_import.receiver.notice import notice_from

BODY_LIMIT_BYTES = 64_000
BODY_SECONDS = 5.0

OnNotice = Callable[[str, str | None], None]


class Receiver:
    """An ASGI application that passes each valid notification to `on_notice` immediately.

    `on_notice` is called with the job's id and the token of its request, possibly several times for
    the same job. Only the last part of the path is compared with the secret, so a proxy may keep or
    strip a prefix.
    """

    def __init__(
        self, secret: str, on_notice: OnNotice, *, body_seconds: float = BODY_SECONDS
    ) -> None:
        """Accept requests with this secret whose body arrives within `body_seconds`."""
        self._secret = secret.encode()
        self._on_notice = on_notice
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with an empty body, so that it does not identify this service."""
        try:
            status = await self._status_of(Request(scope, receive))
        except ClientDisconnect:
            return
        # One request per connection, so that no client occupies a connection slot.
        headers = {"Connection": "close"}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "POST"
        await Response(status_code=status, headers=headers)(scope, receive, send)

    async def _status_of(self, request: Request) -> HTTPStatus:
        secret = request.scope["path"].rpartition("/")[2]
        if not secrets.compare_digest(secret.encode(errors="replace"), self._secret):
            return HTTPStatus.NOT_FOUND
        if request.method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _body_of(request)
        except TimeoutError:
            return HTTPStatus.REQUEST_TIMEOUT
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return self._handle(body)

    def _handle(self, body: bytes) -> HTTPStatus:
        notice = notice_from(body)
        if notice is None:
            return HTTPStatus.BAD_REQUEST
        self._on_notice(*notice)
        return HTTPStatus.NO_CONTENT


async def _body_of(request: Request) -> bytes | None:
    """Read the body; None if it is longer than the limit."""
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > BODY_LIMIT_BYTES:
            return None
        body += chunk
    return bytes(body)
