"""The emulator as an object: ASGI application, store, fault script and counters."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from ld_import.emulator.app import EmulatorApp, Surface
from ld_import.emulator.fault_middleware import FaultMiddleware
from ld_import.emulator.faults import Fault
from ld_import.emulator.inspection import entry_view, job_view, revision_view
from ld_import.emulator.outbound import Outbound
from ld_import.emulator.rules import Rules
from ld_import.emulator.settings import Settings
from ld_import.emulator.store import Store

TICK_SECONDS = 0.1
_DEFAULTS = Settings()


class Emulator:
    """A Livingdocs server in this process.

    `app` is its ASGI application. `requests` counts received requests by name, such as
    `"POST import/videos"`, before any check. `bodies` holds the last accepted POST of each kind.
    """

    def __init__(
        self,
        settings: Settings = _DEFAULTS,
        *,
        store_path: Path | None = None,
        now: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
        seed: int = 0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,  # noqa: TID251 - the seam itself
    ) -> None:
        """Open the store, which is in memory unless `store_path` is given.

        Raises InvalidProjectConfig for the `project_config` of the settings, as does their setter.

        `http` sends the server's own requests. Without it, webhooks are delivered to loopback
        addresses only. Downloads are always limited to loopback. `sleep` implements `slow` faults.
        """
        self.bodies: dict[str, bytes] = {}
        self._clock = now
        self._store = Store(store_path)
        self._rules = Rules(settings, self._store, self.now, Outbound(http), seed)
        self._faults = FaultMiddleware(self._rules, sleep)
        surface = Surface(self._rules, self.now, self.bodies)
        self.app: Starlette = EmulatorApp(surface, self._faults.handle, self._lifespan)

    def now(self) -> float:
        """Return the time on the server's clock, `clock_skew` included."""
        return self._clock() + self.settings.clock_skew

    @property
    def settings(self) -> Settings:
        """The behaviour of the server. May be replaced between requests."""
        return self._rules.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._rules.settings = settings

    @property
    def requests(self) -> Counter[str]:
        """The number of received requests by name."""
        return self._faults.requests

    @property
    def unused_faults(self) -> list[Fault]:
        """The scripted faults that have not occurred `times` times yet."""
        return self._faults.script.unused

    def script(self, *faults: Fault) -> None:
        """Add faults. Each counts requests from now on."""
        self._faults.script.add(*faults)

    def recover(self) -> None:
        """Remove the faults that have occurred at least once."""
        self._faults.script.end()

    def forget_faults(self) -> None:
        """Remove all scripted faults."""
        self._faults.script.clear()

    def restart(self) -> None:
        """Simulate the restart of a server that keeps jobs in memory: jobs are lost, entries stay.

        With `job_ids="counted"`, later jobs reuse the ids of earlier ones.
        """
        self._rules.restart()

    async def tick(self) -> None:
        """Run due jobs and send their notifications without a request."""
        await self._rules.advance()
        await self._rules.notify()

    def entries(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of one kind or of all, oldest first, with their counters.

        `kind` is the import that wrote the entry last, such as `videos` or `mediaLibrary`.
        `created`, `updated`, `repeated` and `patched` count how often the pair was created, its
        content replaced by an import, an import of it skipped, and a PATCH accepted. `content` is
        the item as received.
        """
        return [entry_view(entry) for entry in self._store.entries(kind)]

    def history(self, media_id: str) -> list[dict[str, Any]]:
        """Return all versions of an entry, oldest first; an empty list for an unknown entry.

        `cause` is `import`, `patch` (with its `patches`), or `edit` or `archive` for a call of the
        method of this name.
        """
        return [revision_view(revision) for revision in self._store.revisions(media_id)]

    def edit(self, media_id: str, /, **metadata: Any) -> None:
        """Set metadata of an entry as an editor would; `None` removes a property.

        Metadata is not validated. Raises LookupError for an unknown entry.
        """
        self._rules.edit(media_id, metadata)

    def archive(self, media_id: str) -> None:
        """Archive an entry as an editor would; it keeps its id and its pair. Raises LookupError."""
        self._rules.archive(media_id)

    def lose_file(self, media_id: str) -> None:
        """Delete the stored file of an entry; the entry stays. Raises LookupError."""
        self._rules.lose_file(media_id)

    def jobs(self) -> list[dict[str, Any]]:
        """Return all jobs, oldest first. `state` is `None` until the job has run."""
        return [job_view(job) for job in self._store.jobs()]

    def close(self) -> None:
        """Close the store. Safe to repeat."""
        self._store.close()

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick_until(stopped))
            try:
                yield
            finally:
                stopped.set()

    async def _tick_until(self, stopped: asyncio.Event) -> None:
        while not stopped.is_set():
            await self.tick()
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await stopped.wait()
            except TimeoutError:
                continue
