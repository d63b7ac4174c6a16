"""Middleware around every request: counts it, applies scripted faults, and sends notifications.

It wraps the error handling of Starlette, which would turn a broken connection into a 500.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from email.utils import formatdate
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ld_import.emulator.answers import json_answer, proxy_page
from ld_import.emulator.faults import (
    JOB_ACTIONS,
    LATE_ACTIONS,
    REFUSE_ACTIONS,
    ConnectionDropped,
    ConnectionRefused,
    Fault,
)
from ld_import.emulator.rules import Rules
from ld_import.emulator.script import Script, ScriptedFault

# Applied by the endpoints.
INNER_ACTIONS = (*JOB_ACTIONS, *REFUSE_ACTIONS)
INSTEAD_ACTIONS = ("status", "html", "drop", "refuse")
_HTML = "text/html; charset=utf-8"

PROXY_STATUSES = (
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class FaultMiddleware:
    """Applies the fault script. `requests` counts received requests before any check."""

    def __init__(self, rules: Rules, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Start with an empty script."""
        self.script = Script()
        self.requests: Counter[str] = Counter()
        self._rules = rules
        self._sleep = sleep

    async def handle(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Process a request, subject to the scripted faults that match it."""
        send = _dated(send, self._rules.now)
        name = request_name(scope["method"], scope["path"])
        self.requests[name] += 1
        faults = self.script.faults_for(name)
        for scripted in faults:
            if scripted.fault.action == "slow":
                await self._sleep(scripted.happens().seconds)
        instead = _first(faults, INSTEAD_ACTIONS)
        if instead:
            await _answer_of(instead.happens())(scope, receive, send)
            return
        scope["inner_faults"] = [
            scripted for scripted in faults if scripted.fault.action in INNER_ACTIONS
        ]
        answer = await _captured(app, scope, receive)
        late = _first(faults, LATE_ACTIONS)
        try:
            if self._rules.settings.webhook == "early":
                await self._rules.notify()
            answer = _corrupted(answer, late.happens()) if late else answer
            await answer(scope, receive, send)
        finally:
            await self._rules.notify()


def _first(faults: Sequence[ScriptedFault], actions: Collection[str]) -> ScriptedFault | None:
    return next((scripted for scripted in faults if scripted.fault.action in actions), None)


def request_name(method: str, path: str) -> str:
    """Return the name of a request in scripts and counters, without version and entry id."""
    match path.strip("/").split("/"):
        case ["api", _, "mediaLibrary", "serve-image", *_]:
            return f"{method} mediaLibrary/serve-image/{{key}}"
        case ["api", _, "mediaLibrary", _]:
            return f"{method} mediaLibrary/{{id}}"
        case ["api", _, *rest]:
            return f"{method} {'/'.join(rest)}"
        case _:
            return f"{method} {path}"


def _dated(send: Send, now: Callable[[], float]) -> Send:
    """Return a `send` that adds a `Date` header to answers without one."""

    async def send_dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Date", formatdate(now(), usegmt=True))
        await send(message)

    return send_dated


async def _captured(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, collect)
    body = b"".join(message.get("body", b"") for message in messages)
    answer = Response(body, status_code=messages[0]["status"])
    answer.raw_headers = list(messages[0]["headers"])
    return answer


def _answer_of(fault: Fault) -> Response:
    """Return the answer of a fault, or raise its connection error."""
    if fault.action in ("drop", "drop_after"):
        raise ConnectionDropped("scripted: the connection broke before the answer")
    if fault.action == "refuse":
        raise ConnectionRefused("scripted: the connection was refused")
    status = fault.status or (
        HTTPStatus.BAD_GATEWAY if fault.action == "html" else HTTPStatus.SERVICE_UNAVAILABLE
    )
    is_from_proxy = fault.action == "html" or status in PROXY_STATUSES
    if isinstance(fault.body, str):
        return Response(fault.body, status, dict(fault.headers), _HTML)
    if fault.body is not None:
        return json_answer(fault.body, status, fault.headers)
    if is_from_proxy:
        return Response(proxy_page(status), status, dict(fault.headers), _HTML)
    phrase = next((member.phrase for member in HTTPStatus if member == status), "Error")
    details = {"message": "scripted fault"}
    body = {"status": status, "error": phrase, "error_details": details}
    return json_answer(body, status, fault.headers)


def _corrupted(answer: Response, fault: Fault) -> Response:
    """Return the answer to a processed request as changed by the fault."""
    body = bytes(answer.body)
    if fault.action == "truncated":
        half = body[: len(body) // 2]
        return Response(half, answer.status_code, media_type="application/json; charset=utf-8")
    if fault.action == "not_json":
        page = "<html><body>This is not the page you are looking for.</body></html>"
        return Response(page, answer.status_code, media_type=_HTML)
    return _answer_of(fault)
