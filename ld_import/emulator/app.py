"""The HTTP interface of the server: routes, tokens and wire names. The behaviour is in `rules`.

A request is checked in this order: version, route, token, content type, body size, JSON, schema,
context, quota. The application checks the version before it resolves the route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

import orjson
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ld_import.emulator.answers import Refusal, json_answer, refusal_answer
from ld_import.emulator.body_validation import import_from
from ld_import.emulator.kinds import KINDS, ImportKind
from ld_import.emulator.library import LibrarySurface
from ld_import.emulator.request_checks import (
    check_query,
    check_token,
    check_version,
    read_body,
    warning_about,
)
from ld_import.emulator.rules import Rules
from ld_import.emulator.script import ScriptedFault, faults_of_job, refuse_if_scripted
from ld_import.emulator.settings import READ_SCOPE, WRITE_SCOPE

Around = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class Surface:
    """The endpoints. `bodies` holds the bytes of the last accepted POST of each kind."""

    def __init__(self, rules: Rules, now: Callable[[], float], bodies: dict[str, bytes]) -> None:
        """Serve these rules; `now` returns the server's time."""
        self._rules = rules
        self._now = now
        self._bodies = bodies
        self._library = LibrarySurface(rules, now, bodies)

    def routes(self) -> list[Route]:
        """Return every route below `/api/{version}`."""
        jobs = [route for kind in KINDS.values() for route in self._job_routes(kind)]
        return [
            *jobs,
            *self._library.routes(),
            Route("/api/{version}/projectConfig", self._project_config),
            Route("/api/{version}/health", self._health),
        ]

    def check_version(self, scope: Scope) -> str | None:
        """Refuse a path whose version is not live; return the deprecation warning of a live one."""
        parts = scope["path"].split("/")
        if len(parts) <= 2 or parts[1] != "api":
            return None
        check_version(parts[2], scope["path"], self._rules.settings)
        return warning_about(parts[2], self._rules.settings)

    def _job_routes(self, kind: ImportKind) -> list[Route]:
        async def submit(request: Request) -> Response:
            return await self._submit(kind, request)

        async def status(request: Request) -> Response:
            return await self._status(kind, request)

        path = f"/api/{{version}}/import/{kind.name}"
        return [Route(path, submit, methods=["POST"]), Route(f"{path}/status", status)]

    async def _submit(self, kind: ImportKind, request: Request) -> Response:
        settings = self._rules.settings
        check_token(request, WRITE_SCOPE, settings, self._now())
        check_query(request, ())
        body = await read_body(request, settings)
        checked = import_from(body, kind.name, settings)
        faults: Sequence[ScriptedFault] = request.scope.get("inner_faults", ())
        refuse_if_scripted(faults, kind.name, checked[kind.name])
        job_faults = faults_of_job(faults, checked[kind.name])
        answer = await self._rules.submit(
            kind, checked, [scripted.fault for scripted in job_faults]
        )
        for scripted in job_faults:
            scripted.happens()
        self._bodies[kind.name] = body
        return json_answer(answer)

    async def _status(self, kind: ImportKind, request: Request) -> Response:
        check_token(request, WRITE_SCOPE, self._rules.settings, self._now())
        query = check_query(request, ("id",))
        if not query.get("id"):
            raise Refusal(HTTPStatus.BAD_REQUEST, {"id": "is required"})
        return json_answer(await self._rules.status(kind, query["id"]))

    async def _project_config(self, request: Request) -> Response:
        check_token(request, READ_SCOPE, self._rules.settings, self._now())
        answer = self._rules.project.answer
        if answer is None:
            raise Refusal(HTTPStatus.NOT_FOUND, {"url": request.url.path})
        return json_answer(orjson.Fragment(answer))

    async def _health(self, request: Request) -> Response:
        return json_answer({"status": "ok"})


class EmulatorApp(Starlette):
    """A Starlette application with middleware outside its error handling."""

    def __init__(self, surface: Surface, around: Around, lifespan: Lifespan) -> None:
        """Build the routes; `around` wraps every HTTP request."""
        super().__init__(
            routes=surface.routes(),
            exception_handlers={Refusal: _refused, HTTPException: _no_route},
            lifespan=lifespan,
        )
        # A path with a trailing slash is a different path: 404 instead of a redirect.
        self.router.redirect_slashes = False
        self._surface = surface
        self._around = around

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or run the lifespan."""
        if scope["type"] == "http":
            await self._around(self._answer, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            warning = self._surface.check_version(scope)
        except Refusal as refusal:
            await refusal_answer(refusal)(scope, receive, send)
        else:
            await super().__call__(scope, receive, _warning(send, warning) if warning else send)


def _warning(send: Send, warning: str) -> Send:
    async def send_warning(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Warning", warning)
        await send(message)

    return send_warning


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return refusal_answer(error)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    details = (
        {"url": path}
        if error.status_code == HTTPStatus.NOT_FOUND
        else {"message": error.detail, "url": path}
    )
    return refusal_answer(Refusal(error.status_code, details, headers=error.headers))
