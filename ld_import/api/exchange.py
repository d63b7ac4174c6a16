"""One request and its answer, within limits of time and size; a stop shortens the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from ld_import.api.bodies import body_of
from ld_import.api.options import TimeLimits

# Headers of the packed body; the body of the returned answer is unpacked.
BODY_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding")
NO_STREAM = httpx.ByteStream(b"")


class Exchange:
    """Sends requests on one connection; calls `on_headers` as soon as the headers arrive.

    Redirects are not followed and cookies are not kept.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        on_headers: Callable[[httpx.Response], None],
        limits: TimeLimits,
    ) -> None:
        """Replace the cookie jar, event hooks and accepted encodings of `http`."""
        self.is_stopped = False
        self._http = http
        self._on_headers = on_headers
        self._limits = limits
        self._in_flight: dict[asyncio.Timeout, bool] = {}
        http.cookies = CookieJar(DefaultCookiePolicy(netscape=False, rfc2965=False))
        http.headers["Accept-Encoding"] = "gzip"
        # NOTE: httpx parses `Location` even without following it, and raises on an invalid one.
        http.event_hooks = {"request": [], "response": [_hide_location]}

    def stop(self) -> None:
        """Cancel GET requests in flight and limit the others to the grace period."""
        self.is_stopped = True
        now = asyncio.get_running_loop().time()
        for timeout, changes in self._in_flight.items():
            ends_at = timeout.when()
            if ends_at is not None and not timeout.expired():
                timeout.reschedule(min(ends_at, now + self._limits.grace_seconds * changes))

    async def answer(
        self,
        request: httpx.Request,
        *,
        changes: bool,
        within_seconds: float | None = None,
        is_file: bool = False,
    ) -> httpx.Response:
        """Return the complete answer with its body unpacked, but a file (200) without its bytes.

        Raises TimeoutError at the deadline, and the errors of httpx, ssl and `body_of`.
        """
        seconds = self._limits.request_seconds
        if within_seconds is not None:
            seconds = min(seconds, within_seconds)
        async with asyncio.timeout(seconds) as timeout:
            self._in_flight[timeout] = changes
            try:
                return await self._answer(request, is_file=is_file)
            finally:
                del self._in_flight[timeout]

    async def _answer(self, request: httpx.Request, *, is_file: bool) -> httpx.Response:
        answer = await self._http.send(request, stream=True)
        try:
            self._on_headers(answer)
            is_skipped = is_file and answer.status_code == HTTPStatus.OK
            body = b"" if is_skipped else await body_of(answer)
        finally:
            await answer.aclose()
            # NOTE: in httpx, an answer and its stream refer to each other. They and the body of the
            # request would be kept until the next garbage collection.
            answer.stream = NO_STREAM
        kept = [header for header in answer.headers.raw if header[0].lower() not in BODY_HEADERS]
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
