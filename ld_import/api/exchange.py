"""One request and its answer, within limits of time and size; a stop cuts it short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from ld_import.api.bodies import body_of

# For sending, headers and body together: a body that drips resets every read timeout.
REQUEST_SECONDS = 120.0
# How long a stopped run waits for the answer to a POST or PATCH.
GRACE_SECONDS = 10.0
# They describe a body that is unpacked by now.
SPENT_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding")


class Exchange:
    """Sends requests of one connection; `on_headers` is called as soon as an answer begins.

    Redirects are not followed and cookies are not kept.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        on_headers: Callable[[httpx.Response], None],
        *,
        request_seconds: float,
        grace_seconds: float,
    ) -> None:
        """Take over the connection's cookies, hooks and accepted encodings."""
        self.is_stopped = False
        self._http = http
        self._on_headers = on_headers
        self._request_seconds = request_seconds
        self._grace_seconds = grace_seconds
        self._under_way: dict[asyncio.Timeout, bool] = {}
        http.cookies = CookieJar(DefaultCookiePolicy(netscape=False, rfc2965=False))
        http.headers["Accept-Encoding"] = "gzip"
        # NOTE: httpx parses `Location` even if it does not follow it, and fails on a senseless one.
        http.event_hooks = {"request": [], "response": [_hide_location]}

    def stop(self) -> None:
        """Cancel the GETs under way and limit the others to the grace period."""
        self.is_stopped = True
        now = asyncio.get_running_loop().time()
        for limit, changes in self._under_way.items():
            ends_at = limit.when()
            if ends_at is not None and not limit.expired():
                limit.reschedule(min(ends_at, now + self._grace_seconds * changes))

    async def answer(
        self, request: httpx.Request, *, changes: bool, within_seconds: float | None = None
    ) -> httpx.Response:
        """Return the whole answer, its body unpacked.

        Raises TimeoutError at the deadline, and what reading and the connection raise.
        """
        seconds = self._request_seconds
        if within_seconds is not None:
            seconds = min(seconds, within_seconds)
        async with asyncio.timeout(seconds) as limit:
            self._under_way[limit] = changes
            try:
                return await self._answer(request)
            finally:
                del self._under_way[limit]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._http.send(request, stream=True)
        try:
            self._on_headers(answer)
            body = await body_of(answer)
        finally:
            await answer.aclose()
        kept = [one for one in answer.headers.raw if one[0].lower() not in SPENT_HEADERS]
        return httpx.Response(
            answer.status_code,
            headers=kept,
            content=body,
            request=request,
            extensions=answer.extensions,
        )


async def _hide_location(answer: httpx.Response) -> None:
    if "location" in answer.headers:
        answer.extensions["location"] = answer.headers.pop("location")
