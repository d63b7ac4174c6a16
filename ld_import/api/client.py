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

from ld_import.api.answers import error_from, is_trouble, json_from
from ld_import.api.dates import skew_from
from ld_import.api.retry import Patience, Retry, Transient, retry_after_seconds, trouble_from
from ld_import.clock import Clock
from ld_import.errors import AnswerLost, ApiError, RequestRefused, ServerUnavailable

# 36 characters each, as far as ids are known: such an address stays well below 2 kB.
IDS_A_REQUEST = 40
# From 2026-01 a list of entries stands under `results`; either is read.
ENTRY_LISTS = ("results", "mediaLibraryEntries")
# A proxy says 503 when it did not pass the request on; after 500, 502, 504 that is open.
CERTAINLY_DECLINED = (429, 503)


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
    ) -> None:
        """Hand in the connection, time and chance."""
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
        self._patience = Patience(clock, rng or random.Random(), on_retry)

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
        return self._patience.retried

    async def submit(self, path: str, body: bytes, *, about: object = None) -> Any:
        """Post an import request and return the answer's JSON; `about` is for who hears of retries.

        Raises AnswerLost when nobody can tell whether the server took it in; every other ApiError
        tells by `is_declined`. Never posts twice what may have been taken in once.
        """
        self.counts["import"] += 1
        return await self._send("POST", path, changes=True, content=body, about=about)

    async def status(self, path: str, job_id: str, *, about: object = None) -> Any:
        """Ask for the state of a job and return the answer's JSON; safe to repeat."""
        self.counts["status"] += 1
        asked = {"id": job_id}
        return await self._send("GET", f"{path}/status", changes=False, params=asked, about=about)

    async def find_entry(self, system_name: str, external_id: str) -> dict[str, Any] | None:
        """Look a pair up in the library; `None` when it is not there. Needs the read scope."""
        self.counts["lookup"] += 1
        pair = {"externalId": external_id, "systemName": system_name}
        try:
            answer = await self._send("GET", "mediaLibrary", changes=False, params=pair)
        except RequestRefused as error:
            if error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown:
                return None
            raise
        # A server that does not know the query lists other entries.
        own = (each for each in _listed(answer) if all(each.get(k) == v for k, v in pair.items()))
        return next(own, None)

    async def entries(self, media_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read entries by their ids, some dozen a request; those not found are not in the answer.

        Needs the read scope.
        """
        found: dict[str, dict[str, Any]] = {}
        for asked in _parts(media_ids, IDS_A_REQUEST):
            self.counts["lookup"] += 1
            query = {"ids": ",".join(asked)}
            answer = await self._send("GET", "mediaLibrary", changes=False, params=query)
            found.update({each["id"]: each for each in _listed(answer) if each.get("id") in asked})
        return found

    async def entry(self, media_id: str) -> dict[str, Any] | None:
        """Read a media library entry; `None` when it is not there. Needs the read scope."""
        self.counts["lookup"] += 1
        try:
            answer = await self._send("GET", f"mediaLibrary/{quote(media_id)}", changes=False)
        except RequestRefused as error:
            if error.status == 404:
                return None
            raise
        return answer if isinstance(answer, dict) else None

    async def patch(self, media_id: str, body: bytes) -> None:
        """Patch a media library entry.

        Raises RequestRefused with status 409 when the entry has another version than `body` says,
        and AnswerLost as `submit` does.
        """
        self.counts["patch"] += 1
        await self._send("PATCH", f"mediaLibrary/{quote(media_id)}", changes=True, content=body)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        changes: bool,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        about: object = None,
    ) -> Any:
        async def attempt() -> Any:
            await self._wait_for_slot()
            answer = await self._answer(method, path, changes=changes, params=params, body=content)
            self._patience.is_answered = True
            if is_trouble(answer):
                raise self._trouble(answer, changes=changes)
            try:
                return json_from(answer, changes=changes)
            except ServerUnavailable as broken_off:
                raise Transient(broken_off) from None

        return await self._patience.persist(attempt, about)

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        changes: bool,
        params: dict[str, str] | None,
        body: bytes | None,
    ) -> httpx.Response:
        self._numbered += 1
        headers = {"X-Request-Id": f"{self._run_id}-{self._numbered}"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        url = f"{self._prefix}/{path}"
        what = f"{method} {str(self._http.base_url).rstrip('/')}{url}"
        try:
            answer = await self._http.request(
                method, url, params=params, content=body, headers=headers
            )
        # NOTE: httpx lets an SSLError through when TLS breaks after the connection was made.
        except (httpx.TransportError, ssl.SSLError) as error:
            raise trouble_from(error, what=what, changes=changes) from None
        except httpx.HTTPError as error:
            # Such as an answer whose compression is broken: it came, but says nothing.
            if changes:
                raise AnswerLost(f"{what}: the answer was garbled: {error}") from None
            unreadable = ServerUnavailable(f"{what}: the answer was garbled", is_declined=True)
            raise Transient(unreadable) from None
        skew = skew_from(answer, self._clock.now())
        if skew is not None:
            self.server_skew_seconds = skew
        return answer

    def _trouble(self, answer: httpx.Response, *, changes: bool) -> ApiError | Transient:
        error = error_from(answer)
        if changes and answer.status_code not in CERTAINLY_DECLINED:
            return AnswerLost(f"{error}; whether the request was taken in is open")
        return Transient(error, retry_after_seconds=retry_after_seconds(answer, self._clock))

    async def _wait_for_slot(self) -> None:
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
