"""Asks for all waiting URLs, several hosts at a time; every result is stored at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass

from ld_import.clock import Clock
from ld_import.errors import LdImportError
from ld_import.url_checks.gates import CONNECTIONS
from ld_import.url_checks.probe import HostState, Prober, Wanted
from ld_import.url_checks.queue import UrlQueue
from ld_import.url_checks.results import UrlResult
from ld_import.url_checks.store import UrlStore

PARALLEL_HOSTS = 16
BEAT_SECONDS = 5.0
NOT_ASKED = "not asked, since five other URLs of this host had no answer: "


@dataclass(slots=True)
class Progress:
    """Counts of URLs in this call: asked for, bad among them, and to ask for."""

    total: int
    done: int = 0
    bad: int = 0
    not_asked: int = 0


Listen = Callable[[Progress], None]


class UrlRun:
    """Asks for the URLs of a queue."""

    def __init__(
        self,
        queue: UrlQueue,
        store: UrlStore,
        prober: Prober,
        clock: Clock,
        progress: Progress,
        listen: Listen,
    ) -> None:
        """Call `listen` with `progress` after every result."""
        self._queue = queue
        self._store = store
        self._prober = prober
        self._clock = clock
        self._progress = progress
        self._listen = listen

    async def run(self) -> None:
        """Ask for all URLs; cancelling it loses only the requests in flight."""
        beating = asyncio.create_task(self._beat())
        try:
            hosts = self._queue.hosts()
            await _together(PARALLEL_HOSTS, lambda: self._ask_hosts(hosts))
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        """Report the progress while no host answers as well."""
        while True:
            await self._clock.sleep(BEAT_SECONDS)
            self._listen(self._progress)

    async def _ask_hosts(self, hosts: Iterator[str]) -> None:
        for host in hosts:
            await self._ask_host(host)

    async def _ask_host(self, host: str) -> None:
        state = HostState()
        waiting = self._queue.waiting_of(host)
        await _together(CONNECTIONS, lambda: self._ask(waiting, state))
        if state.is_down and state.failure is not None:
            self._note_rest(host, state.failure)

    async def _ask(self, waiting: Iterator[Wanted], state: HostState) -> None:
        for wanted in waiting:
            result = await self._prober.probe(wanted, state)
            self._store.put(wanted, result, self._clock.now())
            self._note(1, result)
            if state.is_down:
                return

    def _note_rest(self, host: str, failure: UrlResult) -> None:
        result = UrlResult(failure.reason, detail=NOT_ASKED + failure.detail)
        count = self._store.put_rest(host, result, self._clock.now())
        self._progress.not_asked += count
        self._note(count, result)

    def _note(self, count: int, result: UrlResult) -> None:
        self._progress.done += count
        self._progress.bad += 0 if result.is_good else count
        self._listen(self._progress)


async def _together(count: int, task: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run this number of tasks to their end; raise the error of the first that fails."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(task())
    except BaseExceptionGroup as failed:
        errors = [error for error in failed.exceptions if isinstance(error, LdImportError)]
        raise (errors or failed.exceptions)[0] from None
