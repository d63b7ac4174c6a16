"""Requests of the server itself: downloads of item URLs and notifications of webhooks."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx

from ld_import.emulator.job_runner import Download
from ld_import.emulator.kinds import ImportKind
from ld_import.emulator.records import Job
from ld_import.emulator.wire import notification_body

TIMEOUT_SECONDS = 5.0


class Outbound:
    """Sends the requests. Without a given client, only this machine is reachable."""

    def __init__(self, http: httpx.AsyncClient | None = None) -> None:
        """Use this client and leave it open, or open a new one for each operation."""
        self._http = http

    async def downloads_of(self, job: Job, kind: ImportKind) -> dict[str, Download]:
        """Download the URLs of a job and check each file's type and size against its kind."""
        async with self._client() as http:
            urls = dict.fromkeys(item["url"] for item in job.items)
            return {url: await _download_of(url, kind, http) for url in urls}

    async def notify(self, job: Job, *, times: int) -> None:
        """Notify the webhook of a finished job `times` times; ignore errors of the receiver."""
        if job.webhook is None or (self._http is None and not is_loopback(job.webhook)):
            return
        async with self._client() as http:
            for _ in range(times):
                try:
                    await http.post(
                        job.webhook, json=notification_body(job), timeout=TIMEOUT_SECONDS
                    )
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        if self._http is not None:
            yield self._http
            return
        async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
            yield http


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine, decided without a DNS query."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _download_of(url: str, kind: ImportKind, http: httpx.AsyncClient) -> Download:
    if not is_loopback(url):
        return Download(reason=f"{kind.failure}: only loopback addresses are fetched")
    try:
        async with http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            return await _checked(response, kind)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Download(reason=f"{kind.failure}: {type(error).__name__}")


async def _checked(response: httpx.Response, kind: ImportKind) -> Download:
    if response.status_code != httpx.codes.OK:
        return Download(reason=f"{kind.failure}: its URL answered {response.status_code}")
    mime_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.allows(mime_type):
        return Download(reason=f'{kind.failure}: the type "{mime_type}" is not allowed')
    limit = kind.size_limit_of(mime_type)
    size = int(response.headers.get("content-length", 0))
    if size <= limit:
        size = 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > limit:
                break
    if size > limit:
        return Download(reason=f"{kind.failure}: the file is larger than {limit} bytes")
    return Download(mime_type=mime_type)
