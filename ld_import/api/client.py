"""Client of the Livingdocs API: import requests, job status, media library entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

import httpx

from ld_import.api.options import ClientOptions
from ld_import.api.retry import Retry
from ld_import.api.sender import Call, Sender
from ld_import.clock import Clock
from ld_import.errors import RequestRefused, Unauthorized, UnexpectedAnswer
from ld_import.ids import FORM, is_id, shown_id

# Known ids have 36 characters each, so such a URL stays well below 2 kB.
IDS_A_REQUEST = 40
# The number of ids that a server accepts is not documented.
TOO_MANY_IDS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
)
# From API version 2026-01 the list of entries is called `results`; both names are read.
ENTRY_LISTS = ("results", "mediaLibraryEntries")


class LivingdocsClient:
    """Client of one server with one API version; retries, counts and numbers its requests.

    `http` carries base URL, token, timeouts, TLS and proxies; the client closes it. `counts` has
    the number of calls by purpose, without retries.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        options: ClientOptions,
        *,
        on_retry: Callable[[Retry], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Create a client; `on_notice` is called once for each distinct warning of the server."""
        self.counts: Counter[str] = Counter()
        self.api_version = options.api_version
        self._http = http
        self._ids_a_request = IDS_A_REQUEST
        self._sender = Sender(http, clock, options, on_retry=on_retry, on_notice=on_notice)

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the connection pool."""
        await self._http.aclose()

    @property
    def retried(self) -> int:
        """Number of retries so far."""
        return self._sender.retrier.retried

    @property
    def warned(self) -> int:
        """Number of answers so far with a warning of the server in their headers."""
        return self._sender.notices.count

    @property
    def server_skew_seconds(self) -> float | None:
        """The server's clock minus ours; `None` before the first answer with a usable `Date`."""
        return self._sender.server_skew_seconds

    def stop(self) -> None:
        """Cancel GET requests in flight; a POST or PATCH has a short grace period for its answer.

        Must be called in the event loop, once the clock raises Interrupted.
        """
        self._sender.stop()

    async def submit(self, path: str, body: bytes, *, about: object = None) -> Any:
        """Post an import request and return the answer's JSON; `about` is passed to `on_retry`.

        Raises AnswerLost when it is unknown whether the server accepted the request; every other
        ApiError says so in `is_declined`. Never repeats a POST that may have been accepted.
        """
        self.counts["import"] += 1
        return await self._sender.send(Call("POST", path, content=body), about=about)

    async def status(
        self,
        path: str,
        job_id: str,
        *,
        about: object = None,
        within_seconds: float | None = None,
    ) -> Any:
        """Request the state of a job and return the answer's JSON; safe to repeat.

        Attempts and waits end after `within_seconds`. Raises RequestRefused with status 404 for an
        id that no job can have.
        """
        call = Call("GET", f"{path}/status", params={"id": _checked_id(job_id)})
        self.counts["status"] += 1
        return await self._sender.send(call, about=about, within_seconds=within_seconds)

    async def find_entry(self, system_name: str, external_id: str) -> dict[str, Any] | None:
        """Find an entry by its pair; `None` if the library has none. Needs the read scope.

        A pair that is too long for a URL counts as missing. An entry whose id is not of the
        documented form is returned without its id.
        """
        self.counts["lookup"] += 1
        pair = {"externalId": external_id, "systemName": system_name}
        try:
            answer = await self._sender.send(Call("GET", "mediaLibrary", params=pair))
        except RequestRefused as error:
            # An over-long URL only means that this pair cannot be looked up.
            is_missing = error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown
            if is_missing or error.status == HTTPStatus.REQUEST_URI_TOO_LONG:
                return None
            raise
        # A server that ignores an unknown query parameter returns other entries.
        entries = (
            entry
            for entry in _listed(answer)
            if all(entry.get(name) == value for name, value in pair.items())
        )
        entry = next(entries, None)
        return None if entry is None else _without_odd_id(entry)

    async def entries(
        self,
        media_ids: Sequence[str],
        *,
        purpose: str = "lookup",
        within_seconds: float | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return entries by id, read in several requests; missing entries are omitted.

        The requests are counted under `purpose`; attempts and waits of one end after
        `within_seconds`.

        A request that the server refuses for its number of ids or its length is repeated with half
        of them, and later requests have no more than that. Needs the read scope.
        """
        entries: dict[str, dict[str, Any]] = {}
        valid_ids = [media_id for media_id in media_ids if is_id(media_id)]
        while valid_ids:
            requested = valid_ids[: self._ids_a_request]
            try:
                self.counts[purpose] += 1
                entries |= await self._entries(requested, within_seconds)
            except RequestRefused as error:
                if error.status not in TOO_MANY_IDS or len(requested) == 1:
                    raise
                self._ids_a_request = len(requested) // 2
                continue
            valid_ids = valid_ids[len(requested) :]
        return entries

    async def _entries(
        self, media_ids: Sequence[str], within_seconds: float | None
    ) -> dict[str, dict[str, Any]]:
        call = Call("GET", "mediaLibrary", params={"ids": ",".join(media_ids)})
        answer = await self._sender.send(call, within_seconds=within_seconds)
        return {entry["id"]: entry for entry in _listed(answer) if entry.get("id") in media_ids}

    async def entry(self, media_id: str) -> dict[str, Any] | None:
        """Return a media library entry, or `None` if it does not exist. Needs the read scope."""
        try:
            call = Call("GET", _entry_path(media_id))
            self.counts["lookup"] += 1
            answer = await self._sender.send(call)
        except RequestRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return _without_odd_id(answer) if isinstance(answer, dict) else None

    async def image_fault(self, key: str) -> str | None:
        """Ask whether the server serves the image with this key in the storage.

        Return an empty text if it does, its message if it has no such image or does not show it,
        and `None` if it serves no images. Needs the read scope.
        """
        self.counts["file"] += 1
        path = f"mediaLibrary/serve-image/{quote(key)}"
        try:
            await self._sender.send(Call("GET", path, is_file=True))
        except RequestRefused as error:
            is_missing = error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown
            return str(error) if is_missing else None
        except Unauthorized as error:
            # Also the answer for a revoked image.
            return str(error) if error.status == HTTPStatus.FORBIDDEN else None
        except UnexpectedAnswer:
            return None
        return ""

    async def project_config(self) -> Any:
        """Return the JSON of the project's configuration. Needs the read scope."""
        self.counts["project"] += 1
        return await self._sender.send(Call("GET", "projectConfig"))

    async def patch(self, media_id: str, body: bytes) -> None:
        """Patch a media library entry.

        Raises RequestRefused with status 409 when the entry's version differs from the one in
        `body`, and AnswerLost as `submit` does.
        """
        call = Call("PATCH", _entry_path(media_id), content=body)
        self.counts["patch"] += 1
        await self._sender.send(call)


def _listed(answer: Any) -> Iterator[dict[str, Any]]:
    for name in ENTRY_LISTS:
        entries = answer.get(name) if isinstance(answer, dict) else None
        if isinstance(entries, list):
            yield from (entry for entry in entries if isinstance(entry, dict))


def _entry_path(media_id: str) -> str:
    return f"mediaLibrary/{quote(_checked_id(media_id), safe='')}"


def _checked_id(value: str) -> str:
    """Return the id if it may be part of a URL. Raises RequestRefused without a request."""
    if not is_id(value):
        raise RequestRefused(
            f"{shown_id(value)} is not an id of this API ({FORM}), so the server was not asked",
            status=HTTPStatus.NOT_FOUND,
        )
    return value


def _without_odd_id(entry: dict[str, Any]) -> dict[str, Any]:
    return entry if is_id(entry.get("id")) else {**entry, "id": None}
