"""The emulator as one object: the application, its memory, its script and its counters."""

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

    `app` is its ASGI application, `requests` counts what arrived (`"POST import/videos"`), before
    any check, `bodies` holds the bytes of the last accepted POST of each kind.
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
        """Open the store, in memory without a path.

        `http` makes the server's own requests. Without it, webhooks are delivered to loopback
        addresses only; downloads never go further. `sleep` is what a `slow` fault waits with.
        """
        self.bodies: dict[str, bytes] = {}
        self._clock = now
        self._store = Store(store_path)
        self._rules = Rules(settings, self._store, self.now, Outbound(http), seed)
        self._faults = FaultMiddleware(self._rules, sleep)
        surface = Surface(self._rules, self.now, self.bodies)
        self.app: Starlette = EmulatorApp(surface, self._faults.around, self._lifespan)

    def now(self) -> float:
        """Return the time on the server's clock, `clock_skew` included."""
        return self._clock() + self.settings.clock_skew

    @property
    def settings(self) -> Settings:
        """How the server behaves; may be replaced between two requests."""
        return self._rules.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._rules.settings = settings

    @property
    def requests(self) -> Counter[str]:
        """How many requests of each name arrived."""
        return self._faults.requests

    @property
    def unused_faults(self) -> list[Fault]:
        """The scripted faults that have not happened as often as they should."""
        return self._faults.script.unused

    def script(self, *faults: Fault) -> None:
        """Add faults; each counts requests from now on."""
        self._faults.script.add(*faults)

    def recover(self) -> None:
        """End lasting trouble: faults that have happened will not happen again."""
        self._faults.script.end()

    def forget_faults(self) -> None:
        """Remove every scripted fault, whether it has happened or not."""
        self._faults.script.clear()

    def restart(self) -> None:
        """Restart like a server that keeps its jobs in memory: entries stay, all jobs are lost.

        With `job_ids` set to `counted` later jobs get ids that earlier ones had.
        """
        self._rules.restart()

    async def tick(self) -> None:
        """Do the work that is due and notify its webhooks, without any request."""
        await self._rules.advance()
        await self._rules.notify()

    def entries(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of one kind or of all, oldest first, with their counters.

        The kind of an entry is the import that filled it last: `videos`, `mediaLibrary`.
        `created`, `updated`, `repeated` and `patched` say how often the pair was created, its
        content replaced by an import, an import of it skipped, and a PATCH accepted; `content` is
        the item as received.
        """
        return [entry_view(entry) for entry in self._store.entries(kind)]

    def history(self, media_id: str) -> list[dict[str, Any]]:
        """Return every version an entry has had, oldest first; none of an unknown entry.

        `cause` says where a version came from: `import`, `patch` (with its `patches`), or the
        `edit` or `archive` of a test.
        """
        return [revision_view(each) for each in self._store.revisions(media_id)]

    def edit(self, media_id: str, /, **metadata: Any) -> None:
        """Set metadata of an entry the way an editor would; `None` removes a property.

        An entry that does not exist is a `LookupError`. No rule on metadata applies.
        """
        self._rules.edit(media_id, metadata)

    def archive(self, media_id: str) -> None:
        """Archive an entry the way an editor would; it keeps its id and its pair."""
        self._rules.archive(media_id)

    def jobs(self) -> list[dict[str, Any]]:
        """Return every job, oldest first; `state` is `None` while its work is not done."""
        return [job_view(job) for job in self._store.jobs()]

    def close(self) -> None:
        """Close the store; closing twice is harmless."""
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
