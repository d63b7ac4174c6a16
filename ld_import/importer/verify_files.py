"""The stored files of entries: asked for by their URL, private images by the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ld_import.api import LivingdocsClient
from ld_import.clock import Clock
from ld_import.importer.certificates import trust_for
from ld_import.importer.http import USER_AGENT
from ld_import.model import HeldItem
from ld_import.url_checks.addresses import host_of, is_fetchable
from ld_import.url_checks.clients import Clients, ProxyFor
from ld_import.url_checks.expected import ANY_ASSET
from ld_import.url_checks.fetch import Fetcher
from ld_import.url_checks.gates import HostGates
from ld_import.url_checks.probe import HostState, Prober, Wanted
from ld_import.url_checks.results import Reason
from ld_import.verification.mismatch import Mismatch, MismatchKind

# The host says that there is no such file. Any other failure may only concern this machine.
LASTING = (Reason.GONE, Reason.EMPTY)

Entry = dict[str, Any]
T = TypeVar("T")


@dataclass(slots=True)
class FileResult:
    """The result for some entries: mismatches, files asked for, and files that could not be."""

    found: list[Mismatch] = field(default_factory=list)
    checked: int = 0
    not_checked: int = 0


class FileCheck:
    """Asks for the stored files of entries, politely: a few requests a second to each host."""

    def __init__(self, client: LivingdocsClient, clock: Clock, proxy_for: ProxyFor) -> None:
        """Ask through `client` for images, and without a token for URLs."""
        self._client = client
        trust = trust_for("https://", None, is_insecure=False)
        self._clients = Clients(USER_AGENT, proxy_for, trust=trust)
        gates = HostGates(clock)
        self._prober = Prober(Fetcher(self._clients, gates, clock), gates, clock)
        self._hosts: dict[str, HostState] = {}
        self._clock = clock
        self._running: asyncio.Future[list[str | None]] | None = None

    def stop(self) -> None:
        """Cancel the requests in flight; must be called once the clock raises Interrupted."""
        if self._running is not None:
            self._running.cancel()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._clients.aclose()

    async def check(self, entries: Sequence[tuple[HeldItem, Entry]]) -> FileResult:
        """Ask for the files of these entries. Raises the errors of the client, and Interrupted."""
        result = FileResult()
        faults = await self._faults(entries)
        for (item, _), fault in zip(entries, faults, strict=True):
            if fault is None:
                result.not_checked += 1
                continue
            result.checked += 1
            if fault:
                result.found.append(
                    Mismatch(MismatchKind.FILE, item.key, fault, item.media_id, item.line)
                )
        return result

    async def _faults(self, entries: Sequence[tuple[HeldItem, Entry]]) -> list[str | None]:
        calls = [self._fault(item, entry) for item, entry in entries]
        self._running = asyncio.ensure_future(together(calls))
        try:
            return await self._running
        except asyncio.CancelledError:
            # A stopped clock raises Interrupted.
            await self._clock.checkpoint()
            raise
        finally:
            self._running = None

    async def _fault(self, item: HeldItem, entry: Entry) -> str | None:
        """Return why a file cannot be read; empty if it can, `None` if it cannot be asked for."""
        asset = entry.get("asset")
        asset = asset if isinstance(asset, dict) else {}
        fault = await self._fault_of_url(item.row, asset.get("url"))
        if fault == "":
            return fault
        key, mime_type = asset.get("key"), str(asset.get("mimeType"))
        if isinstance(key, str) and key and mime_type.startswith("image/"):
            served = await self._client.image_fault(key)
            fault = fault if served is None else served
        return fault

    async def _fault_of_url(self, row: int, url: Any) -> str | None:
        if not isinstance(url, str) or not is_fetchable(url):
            return None
        host = self._hosts.setdefault(host_of(url), HostState())
        if host.is_down:
            return None
        result = await self._prober.probe(Wanted(row, url, ANY_ASSET), host)
        if result.is_good:
            return ""
        return f"its stored file: {result.detail}" if result.reason in LASTING else None


async def together(calls: Sequence[Awaitable[T]]) -> list[T]:
    """Return the results of concurrent calls, in their order; an error cancels the other calls."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
