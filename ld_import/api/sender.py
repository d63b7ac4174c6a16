"""Sending one API call: number it, respect the request rate, retry, and return JSON or raise."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ld_import.api.answers import error_from, is_retryable, json_from
from ld_import.api.bodies import TooLarge, Unreadable
from ld_import.api.dates import skew_from
from ld_import.api.exchange import Exchange
from ld_import.api.notices import Notices
from ld_import.api.options import ClientOptions
from ld_import.api.rate_limit import RateLimiter
from ld_import.api.retry import Retrier, Retry, Transient, retry_after_seconds
from ld_import.api.statuses import BUSY, is_declined
from ld_import.api.transport_errors import transport_error_from
from ld_import.clock import Clock
from ld_import.errors import AnswerLost, ApiError, RequestRefused, ServerUnavailable

# An attempt that begins just before the deadline still gets this much time.
MIN_ATTEMPT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API; `path` is relative to the API version.

    With `is_file` a successful answer is a file, whose bytes are not read.
    """

    method: str
    path: str
    params: dict[str, str] | None = None
    content: bytes | None = None
    is_file: bool = False

    @property
    def changes(self) -> bool:
        """Return whether the call changes something on the server."""
        return self.method != "GET"


class Sender:
    """Sends calls to one server with one API version.

    `server_skew_seconds` is the server's clock minus ours at the last answer with a usable `Date`
    header, `None` before the first one.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        options: ClientOptions,
        *,
        on_retry: Callable[[Retry], None] | None,
        on_notice: Callable[[str], None] | None,
    ) -> None:
        """Create a sender; it configures `http` but does not close it."""
        self.server_skew_seconds: float | None = None
        rng = options.rng or random.Random()  # noqa: S311 - jitter needs no secrecy
        self.retrier = Retrier(clock, rng, on_retry, attempts=options.attempts)
        self.notices = Notices(options.api_version, on_notice)
        self._http = http
        self._clock = clock
        # Absolute, so that httpx does not parse the URL of each request twice.
        base = str(http.base_url).removesuffix("/")
        self._prefix = f"{base}/api/{quote(options.api_version, safe='')}"
        self._run_id = options.run_id
        self._proxy = options.proxy
        self._request_count = 0
        self._rate_limiter = RateLimiter(clock, options.max_rate)
        self._exchange = Exchange(http, self._note_headers, options.limits)

    def stop(self) -> None:
        """Cancel GET requests in flight and limit the others to the grace period."""
        self._exchange.stop()

    async def send(
        self, call: Call, *, about: object = None, within_seconds: float | None = None
    ) -> Any:
        """Return the JSON of the answer, `None` for a file. Raises ApiError.

        No attempt and no wait begins after `within_seconds`. `about` is passed to `on_retry`.
        """
        started_at = self._clock.monotonic()

        async def attempt() -> Any:
            await self._wait_for_slot()
            remaining = None
            request = self._request(call)
            if within_seconds is not None:
                elapsed = self._clock.monotonic() - started_at
                remaining = max(MIN_ATTEMPT_SECONDS, within_seconds - elapsed)
            return self._json_of(await self._answer(request, call, remaining), call)

        return await self.retrier.call(attempt, about, within_seconds=within_seconds)

    def _json_of(self, answer: httpx.Response, call: Call) -> Any:
        self.retrier.is_answered = True
        if is_retryable(answer):
            raise self._retryable_error(answer, call)
        if call.is_file and answer.status_code == HTTPStatus.OK:
            return None
        try:
            return json_from(answer, changes=call.changes)
        except ServerUnavailable as incomplete:
            raise Transient(incomplete) from None

    def _request(self, call: Call) -> httpx.Request:
        self._request_count += 1
        headers = {"X-Request-Id": f"{self._run_id}-{self._request_count}"}
        if call.content is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        url = f"{self._prefix}/{call.path}"
        try:
            return self._http.build_request(
                call.method, url, params=call.params, content=call.content, headers=headers
            )
        # httpx limits a URL to 65,536 characters; a lone surrogate has no UTF-8 form.
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise RequestRefused(
                f"{call.method} {call.path}: the query values are too long or not valid text",
                status=HTTPStatus.REQUEST_URI_TOO_LONG,
            ) from None

    async def _answer(
        self, request: httpx.Request, call: Call, within_seconds: float | None
    ) -> httpx.Response:
        try:
            return await self._exchange.answer(
                request,
                changes=call.changes,
                within_seconds=within_seconds,
                is_file=call.is_file,
            )
        except (httpx.TransportError, ssl.SSLError, TooLarge, Unreadable, TimeoutError) as error:
            if self._exchange.is_stopped and not call.changes:
                # A stopped clock raises Interrupted.
                await self._clock.sleep(0)
            raise transport_error_from(
                error,
                what=f"{request.method} {request.url.copy_with(query=None)}",
                changes=call.changes,
                proxy=self._proxy,
            ) from None

    def _note_headers(self, answer: httpx.Response) -> None:
        skew = skew_from(answer, self._clock.now())
        if skew is not None:
            self.server_skew_seconds = skew
        self.notices.read(answer.headers)

    def _retryable_error(self, answer: httpx.Response, call: Call) -> ApiError | Transient:
        error = error_from(answer)
        seconds = retry_after_seconds(answer, self._clock)
        if call.changes and not is_declined(answer.status_code, call.method):
            return AnswerLost(
                f"{error}; whether the request was accepted is unknown",
                is_busy=answer.status_code in BUSY,
                retry_after_seconds=seconds,
            )
        return Transient(error, retry_after_seconds=seconds)

    async def _wait_for_slot(self) -> None:
        if self._exchange.is_stopped:
            # A stopped clock raises Interrupted: no further request is sent.
            await self._clock.sleep(0)
        await self._rate_limiter.wait()
