"""Single requests, with their redirects: every request waits at the gate of its host."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import cast
from urllib.parse import urljoin

import httpx

from ld_import.api.retry import retry_after_seconds
from ld_import.clock import Clock
from ld_import.url_checks.addresses import host_of, is_fetchable, without_user
from ld_import.url_checks.answers import HEAD_BYTES, Answer, answer_from
from ld_import.url_checks.clients import Clients
from ld_import.url_checks.failures import ProbeFailed, failure_from
from ld_import.url_checks.gates import HostGates
from ld_import.url_checks.results import Reason

MOST_REDIRECTS = 5
# Covers a host that sends a byte now and then, which no other timeout does.
REQUEST_SECONDS = 45.0
LONGEST_TARGET = 8_000
RANGE = {"Range": "bytes=0-1023"}


class Fetcher:
    """Sends requests and follows their redirects."""

    def __init__(
        self,
        clients: Clients,
        gates: HostGates,
        clock: Clock,
        *,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        """Use these clients and gates; a request takes at most `request_seconds`."""
        self._clients = clients
        self._gates = gates
        self._clock = clock
        self._request_seconds = request_seconds

    async def fetch(self, method: str, url: str, *, is_ranged: bool = False) -> Answer:
        """Return the answer after at most five redirects. Raises ProbeFailed without one."""
        visited = [_clean(url)]
        is_downgraded = False
        while True:
            answer = await self._request(method, visited[-1], is_ranged=is_ranged)
            if not answer.location:
                return replace(answer, hops=len(visited) - 1, is_downgraded=is_downgraded)
            target = _target_of(visited[-1], answer.location)
            if target in visited:
                raise ProbeFailed(Reason.REDIRECT_LOOP, "it redirects in a circle", is_lasting=True)
            if len(visited) > MOST_REDIRECTS:
                text = f"more than {MOST_REDIRECTS} redirects"
                raise ProbeFailed(Reason.REDIRECT_LOOP, text, is_lasting=True)
            is_downgraded |= visited[-1].startswith("https:") and target.startswith("http:")
            visited.append(target)

    async def _request(self, method: str, url: str, *, is_ranged: bool) -> Answer:
        client, is_proxied = self._clients.client_for(url)
        headers = RANGE if is_ranged else {}
        async with self._gates.entered(host_of(url)):
            try:
                async with (
                    asyncio.timeout(self._request_seconds),
                    client.stream(method, url, headers=headers) as response,
                ):
                    answer = await _read(response)
                    wait = retry_after_seconds(response, self._clock)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
                raise ProbeFailed(Reason.INVALID_URL, str(error), is_lasting=True) from None
            except (httpx.TransportError, ssl.SSLError, OSError) as error:
                raise failure_from(error, is_proxied=is_proxied) from None
        # Through a proxy, the address is that of the proxy.
        is_private = answer.is_private and not is_proxied
        return replace(answer, is_private=is_private, retry_after_seconds=wait)


async def _read(response: httpx.Response) -> Answer:
    if response.request.method == "HEAD":
        return answer_from(response, None, is_complete=False)
    content = bytearray()
    is_complete = True
    # Its declared type is wider than that of the generator it returns.
    raw = cast("AsyncGenerator[bytes]", response.aiter_raw())
    async with aclosing(raw) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) >= HEAD_BYTES:
                is_complete = False
                break
    return answer_from(response, bytes(content[:HEAD_BYTES]), is_complete=is_complete)


def _clean(url: str) -> str:
    try:
        return without_user(url)
    except ValueError as error:
        raise ProbeFailed(Reason.INVALID_URL, str(error), is_lasting=True) from None


def _target_of(url: str, location: str) -> str:
    try:
        target = without_user(urljoin(url, location))
    except ValueError:
        target = ""
    if not is_fetchable(target) or len(target) > LONGEST_TARGET:
        text = "it redirects to something that is not an http(s) URL"
        raise ProbeFailed(Reason.BAD_REDIRECT, text, is_lasting=True)
    return target
