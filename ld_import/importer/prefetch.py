"""A plan that a worker process continues while this one sends; it is never needed.

Whatever happens to the worker, this process plans on by itself, behind the last chunk it returned.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from ld_import.clock import Clock
from ld_import.importer.protocol import End, PlanPart, PlanRequest, Resume, SeenKey
from ld_import.importer.worker_process import PlanWorker, usable_cpus
from ld_import.ledger import Seen
from ld_import.manifest import Manifest
from ld_import.model import ItemKey, Send
from ld_import.pipeline.planning.chunk import Chunk
from ld_import.pipeline.planning.plan import Planner
from ld_import.pipeline.planning.plan_source import LocalPlan

# A smaller rest is planned and sent by one process before another is of any use.
SMALLEST_BYTES = 4_000_000
# The number of keys that can be seen until a worker is ready, and be kept for it.
MOST_SEEN = 20_000
# The longest time a request to stop can go unnoticed while a worker is silent.
LOOK_EVERY_SECONDS = 0.5
# A worker that is silent for so long is given up. It needs a second at most for a message; a worker
# that was only slow costs time, nothing else. After so long a sleep of the whole machine it gets as
# many looks as otherwise: the time asleep does not count.
SILENT_SECONDS = 30.0
SILENT_LOOKS = 20

T = TypeVar("T")


def is_possible(manifest: Manifest) -> bool:
    """Return whether a worker could be of use: it needs a processor, and to read the records."""
    is_large = manifest.rereadable_bytes >= SMALLEST_BYTES
    return is_large and usable_cpus() > 1 and bool(sys.executable)


class RecordingSeen:
    """A `Seen` that also records its keys, up to a limit."""

    def __init__(self, seen: Seen) -> None:
        """Read and write this one."""
        self._seen = seen
        self._keys: list[SeenKey] | None = []

    @property
    def keys(self) -> list[SeenKey] | None:
        """All keys so far; `None` when they are too many, or no longer needed."""
        return self._keys

    def get(self, key: ItemKey) -> tuple[int, bytes] | None:
        """Return line and checksum under which a key was first put."""
        return self._seen.get(key)

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Remember the first record with this key; return what was put before, if anything."""
        if self._keys is not None:
            self._keys.append(SeenKey(key, line, checksum))
            if len(self._keys) > MOST_SEEN:
                self.forget()
        return self._seen.put(key, line, checksum)

    def forget(self) -> None:
        """Record nothing any more."""
        self._keys = None


class PrefetchedPlan:
    """PlanSource planned here until there is much to send, then prefetched by a worker process.

    Nothing waits for the worker: this process plans on until it is ready, and to the end where it
    never is. A run with few changes starts none. When a worker is lost, this process plans on
    behind the last chunk that it returned to its caller.
    """

    def __init__(
        self,
        here: LocalPlan,
        planner: Planner,
        recording: RecordingSeen,
        request: PlanRequest,
        clock: Clock,
    ) -> None:
        """Begin with the chunks of this planner, whose `Seen` is `recording`.

        An error raised by `clock.sleep` ends the wait for the worker, too.
        """
        self._here = here
        self._planner = planner
        self._recording = recording
        self._request = request
        self._clock = clock
        self._read = 0
        self._worker: PlanWorker | None = None
        self._is_ahead = False
        self._waiting: Iterator[Chunk] = iter(())
        self._share: float | None = None
        self._unmet: list[str] = []
        # Of the worker's chunks that the caller got: records read, items to send.
        self._read_ahead = 0
        self._sent_ahead = 0

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds that were asked for and that no record had so far."""
        return self._unmet if self._is_ahead else self._here.not_in_manifest

    def share_read(self) -> float | None:
        """Return the share of the manifest read up to the last chunk."""
        return self._share if self._is_ahead else self._here.share_read()

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the known rows without a record; `None` once a worker has seen the rest."""
        return None if self._is_ahead else self._here.unseen_rows(most)

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Begin."""
        return self

    async def __anext__(self) -> Chunk:
        """Return the next chunk; other tasks run while the worker plans it."""
        if not self._is_ahead and self._worker is not None and self._worker.has_message:
            await self._hand_over(self._worker)
        if self._is_ahead and self._worker is not None:
            found = await self._next_of(self._worker)
            if found is not None:
                return found
            self._give_up(self._worker)
            await self._catch_up()
        chunk = await anext(self._here)
        self._read += chunk.read
        if self._worker is None and self._recording.keys is not None and self._is_worth(chunk):
            self._start()
        return chunk

    def close(self) -> None:
        """Kill the worker, too."""
        if self._worker is not None:
            self._worker.close()
        self._here.close()

    def _is_worth(self, chunk: Chunk) -> bool:
        if 2 * _count_sent(chunk) < chunk.read:
            return False
        share_left = 1 - (self.share_read() or 0)
        return self._request.manifest.rereadable_bytes * share_left >= SMALLEST_BYTES

    def _start(self) -> None:
        try:
            self._worker = PlanWorker()
        except OSError:
            # This process can plan everything.
            self._recording.forget()

    async def _hand_over(self, worker: PlanWorker) -> None:
        keys = self._recording.keys
        self._recording.forget()
        if keys is None or not await self._awaited(worker.is_ready()):
            self._give_up(worker)
            return
        file_id = self._request.manifest.file_id
        worker.resume(Resume(self._request, file_id, self._read, self._planner.state(), keys))
        self._share = self._here.share_read()
        self._is_ahead = True

    def _give_up(self, worker: PlanWorker) -> None:
        worker.close()
        self._worker = None
        self._is_ahead = False

    async def _catch_up(self) -> None:
        # The file stayed open where the worker took over, so it is the same one even if its path
        # was replaced meanwhile.
        for _ in self._here.catch_up(self._read_ahead, self._sent_ahead):
            await self._clock.checkpoint()

    async def _next_of(self, worker: PlanWorker) -> Chunk | None:
        """Return the next chunk of the worker; None if it is lost."""
        while True:
            for chunk in self._waiting:
                self._read_ahead += chunk.read
                self._sent_ahead += _count_sent(chunk)
                return chunk
            message = await self._awaited(worker.receive())
            if isinstance(message, End):
                self._unmet = message.not_in_manifest
                raise StopAsyncIteration
            if not isinstance(message, PlanPart):
                return None
            self._waiting, self._share = iter(message.chunks), message.share

    async def _awaited(self, message: Coroutine[Any, Any, T]) -> T | None:
        """Return the result; None if the worker is silent for too long."""
        receiving = asyncio.ensure_future(message)
        began, looks = self._clock.monotonic(), 0
        try:
            while not receiving.done():
                if looks >= SILENT_LOOKS and self._clock.monotonic() - began >= SILENT_SECONDS:
                    return None
                await asyncio.wait({receiving}, timeout=LOOK_EVERY_SECONDS)
                await self._clock.checkpoint()
                looks += 1
            return receiving.result()
        finally:
            if not receiving.cancel():
                # A stopped run does not need its result; asyncio warns of exceptions never read.
                receiving.exception()


def _count_sent(chunk: Chunk) -> int:
    return sum(isinstance(decision, Send) for decision in chunk.decisions)
