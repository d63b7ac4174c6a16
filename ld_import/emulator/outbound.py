"""Requests the server itself makes: downloads of item URLs, notifications of webhooks."""

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
    """The way out. Without a client handed in, a rehearsal reaches nobody but this machine."""

    def __init__(self, http: httpx.AsyncClient | None = None) -> None:
        """Use this client, which stays open, or a fresh one for every errand."""
        self._http = http

    async def downloads_of(self, job: Job, kind: ImportKind) -> dict[str, Download]:
        """Download the URLs of a job and hold each file to the types and sizes of its kind."""
        async with self._client() as http:
            urls = dict.fromkeys(item["url"] for item in job.items)
            return {url: await _download_of(url, kind, http) for url in urls}

    async def notify(self, job: Job, *, times: int) -> None:
        """Tell the webhook of a job that it is over; a failing receiver does no harm."""
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
    """Say whether a URL names this machine, without asking any name server."""
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
            return await _judge(response, kind)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Download(reason=f"{kind.failure}: {type(error).__name__}")


async def _judge(response: httpx.Response, kind: ImportKind) -> Download:
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
