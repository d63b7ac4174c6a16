"""The only way to a Livingdocs server: import requests, job status, look-up by pair."""

from __future__ import annotations

import random
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

import httpx

from ld_import.api.answers import error_from, is_retryable, json_from
from ld_import.api.bodies import TooLarge, Unreadable
from ld_import.api.dates import skew_from
from ld_import.api.exchange import GRACE_SECONDS, REQUEST_SECONDS, Exchange
from ld_import.api.notices import Notices
from ld_import.api.retry import Retrier, Retry, Transient, retry_after_seconds
from ld_import.api.statuses import BUSY, is_declined
from ld_import.api.transport_errors import transport_error_from
from ld_import.clock import Clock
from ld_import.errors import AnswerLost, ApiError, RequestRefused, ServerUnavailable
from ld_import.ids import FORM, is_id, shown_id

# 36 characters each, as far as ids are known: such an address stays well below 2 kB.
IDS_A_REQUEST = 40
# An attempt at the end of the time allowed still has a chance.
LEAST_SECONDS = 1.0
# From 2026-01 a list of entries is called `results`; either is read.
ENTRY_LISTS = ("results", "mediaLibraryEntries")


class LivingdocsClient:
    """Speaks to one server with one API version; retries, counts and numbers its requests.

    `http` brings base URL, token, timeouts, TLS and proxies; the client closes it.
    `max_rate` is in requests a second, all kinds together. `server_skew_seconds` is the server's
    clock minus ours at the last answer with a usable `Date` header, `None` before the first one.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        api_version: str,
        run_id: str = "-",
        max_rate: float | None = None,
        rng: random.Random | None = None,
        on_retry: Callable[[Retry], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        proxy: str | None = None,
        request_seconds: float = REQUEST_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """Hand in the connection, time and chance.

        `on_notice` gets each warning of the server once; `proxy` names the one `http` uses.
        `request_seconds` limits each request, and `grace_seconds` one that is sent when the run
        stops.
        """
        self.counts: Counter[str] = Counter()
        self.server_skew_seconds: float | None = None
        self._http = http
        self._clock = clock
        self.api_version = api_version
        self._prefix = f"/api/{quote(api_version, safe='')}"
        self._run_id = run_id
        self._numbered = 0
        self._pause_seconds = 1 / max_rate if max_rate else 0.0
        self._next_slot = 0.0
        self._retrier = Retrier(clock, rng or random.Random(), on_retry)
        self._notices = Notices(api_version, on_notice)
        self._proxy = proxy
        self._exchange = Exchange(
            http,
            self._note_headers,
            request_seconds=request_seconds,
            grace_seconds=grace_seconds,
        )

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Close the connection pool."""
        await self._http.aclose()

    @property
    def retried(self) -> int:
        """How many requests were made again so far."""
        return self._retrier.retried

    @property
    def warned(self) -> int:
        """Number of answers so far with a warning of the server in their headers."""
        return self._notices.count

    def stop(self) -> None:
        """Cancel the reads under way; a POST or PATCH has a short grace period for its answer.

        To be called in the event loop once the clock raises Interrupted.
        """
        self._exchange.stop()

    async def submit(self, path: str, body: bytes, *, about: object = None) -> Any:
        """Post an import request and return the answer's JSON; `about` is for who hears of retries.

        Raises AnswerLost when nobody can tell whether the server took it in; every other ApiError
        tells by `is_declined`. Never posts twice what may have been taken in once.
        """
        self.counts["import"] += 1
        return await self._send("POST", path, changes=True, content=body, about=about)

    async def status(
        self,
        path: str,
        job_id: str,
        *,
        about: object = None,
        within_seconds: float | None = None,
    ) -> Any:
        """Ask for the state of a job and return the answer's JSON; safe to repeat.

        Attempts and waits end after `within_seconds`. Raises RequestRefused with status 404 for an
        id that no job can have.
        """
        asked = {"id": _checked_id(job_id)}
        self.counts["status"] += 1
        return await self._send(
            "GET",
            f"{path}/status",
            changes=False,
            params=asked,
            about=about,
            within_seconds=within_seconds,
        )

    async def find_entry(self, system_name: str, external_id: str) -> dict[str, Any] | None:
        """Look a pair up in the library; `None` when it is not there. Needs the read scope.

        A pair that is too long for an address counts as not there. An entry whose id is not of the
        documented form is returned without its id.
        """
        self.counts["lookup"] += 1
        pair = {"externalId": external_id, "systemName": system_name}
        try:
            answer = await self._send("GET", "mediaLibrary", changes=False, params=pair)
        except RequestRefused as error:
            # An address that is too long says of this pair only that it cannot be looked up.
            is_missing = error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown
            if is_missing or error.status == HTTPStatus.REQUEST_URI_TOO_LONG:
                return None
            raise
        # A server that does not know the query lists other entries.
        own = (each for each in _listed(answer) if all(each.get(k) == v for k, v in pair.items()))
        found = next(own, None)
        return None if found is None else _without_odd_id(found)

    async def entries(self, media_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read entries by their ids, some dozen a request; those not found are not in the answer.

        Needs the read scope.
        """
        found: dict[str, dict[str, Any]] = {}
        for asked in _parts([each for each in media_ids if is_id(each)], IDS_A_REQUEST):
            self.counts["lookup"] += 1
            query = {"ids": ",".join(asked)}
            answer = await self._send("GET", "mediaLibrary", changes=False, params=query)
            found.update({each["id"]: each for each in _listed(answer) if each.get("id") in asked})
        return found

    async def entry(self, media_id: str) -> dict[str, Any] | None:
        """Read a media library entry; `None` when it is not there. Needs the read scope."""
        try:
            path = f"mediaLibrary/{quote(_checked_id(media_id), safe='')}"
            self.counts["lookup"] += 1
            answer = await self._send("GET", path, changes=False)
        except RequestRefused as error:
            if error.status == 404:
                return None
            raise
        return _without_odd_id(answer) if isinstance(answer, dict) else None

    async def patch(self, media_id: str, body: bytes) -> None:
        """Patch a media library entry.

        Raises RequestRefused with status 409 when the entry has another version than `body` says,
        and AnswerLost as `submit` does.
        """
        path = f"mediaLibrary/{quote(_checked_id(media_id), safe='')}"
        self.counts["patch"] += 1
        await self._send("PATCH", path, changes=True, content=body)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        changes: bool,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        about: object = None,
        within_seconds: float | None = None,
    ) -> Any:
        begun = self._clock.monotonic()

        async def attempt() -> Any:
            await self._wait_for_slot()
            request = self._request(method, path, params, content)
            left = None
            if within_seconds is not None:
                left = max(LEAST_SECONDS, begun + within_seconds - self._clock.monotonic())
            answer = await self._answer(request, changes=changes, within_seconds=left)
            self._retrier.is_answered = True
            if is_retryable(answer):
                raise self._trouble(answer, changes=changes)
            try:
                return json_from(answer, changes=changes)
            except ServerUnavailable as broken_off:
                raise Transient(broken_off) from None

        return await self._retrier.call(attempt, about, within_seconds=within_seconds)

    def _request(
        self, method: str, path: str, params: dict[str, str] | None, body: bytes | None
    ) -> httpx.Request:
        self._numbered += 1
        headers = {"X-Request-Id": f"{self._run_id}-{self._numbered}"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        url = f"{self._prefix}/{path}"
        try:
            return self._http.build_request(
                method, url, params=params, content=body, headers=headers
            )
        # httpx has a limit of 65,536 characters; half a surrogate pair has no UTF-8.
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise RequestRefused(
                f"{method} {path}: the values to ask for are too long or not valid text", status=414
            ) from None

    async def _answer(
        self, request: httpx.Request, *, changes: bool, within_seconds: float | None
    ) -> httpx.Response:
        try:
            return await self._exchange.answer(
                request, changes=changes, within_seconds=within_seconds
            )
        except (httpx.TransportError, ssl.SSLError, TooLarge, Unreadable, TimeoutError) as error:
            if self._exchange.is_stopped and not changes:
                # A stopped clock raises Interrupted.
                await self._clock.sleep(0)
            what = f"{request.method} {request.url.copy_with(query=None)}"
            raise transport_error_from(
                error, what=what, changes=changes, proxy=self._proxy
            ) from None

    def _note_headers(self, answer: httpx.Response) -> None:
        skew = skew_from(answer, self._clock.now())
        if skew is not None:
            self.server_skew_seconds = skew
        self._notices.read(answer.headers)

    def _trouble(self, answer: httpx.Response, *, changes: bool) -> ApiError | Transient:
        error = error_from(answer)
        seconds = retry_after_seconds(answer, self._clock)
        if changes and not is_declined(answer.status_code, answer.request.method):
            return AnswerLost(
                f"{error}; whether the request was accepted is unknown",
                is_busy=answer.status_code in BUSY,
                retry_after_seconds=seconds,
            )
        return Transient(error, retry_after_seconds=seconds)

    async def _wait_for_slot(self) -> None:
        if self._exchange.is_stopped:
            # A stopped clock raises Interrupted: nothing is asked any more.
            await self._clock.sleep(0)
        if not self._pause_seconds:
            return
        now = self._clock.monotonic()
        slot = max(now, self._next_slot)
        self._next_slot = slot + self._pause_seconds
        if slot > now:
            await self._clock.sleep(slot - now)


def _listed(answer: Any) -> Iterator[dict[str, Any]]:
    for name in ENTRY_LISTS:
        listed = answer.get(name) if isinstance(answer, dict) else None
        if isinstance(listed, list):
            yield from (each for each in listed if isinstance(each, dict))


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    # itertools.batched exists from Python 3.12 on.
    return (values[at : at + size] for at in range(0, len(values), size))


def _checked_id(value: str) -> str:
    """Return an id that may become part of an address; nothing else is ever asked for."""
    if not is_id(value):
        raise RequestRefused(
            f"{shown_id(value)} is not an id of this API ({FORM}), so the server was not asked",
            status=404,
        )
    return value


def _without_odd_id(entry: dict[str, Any]) -> dict[str, Any]:
    return entry if is_id(entry.get("id")) else {**entry, "id": None}
