"""A plan that a worker process continues while this process sends.

The worker is optional: if it is lost, this process continues the plan after the worker's last
chunk.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from ld_import.clock import Clock
from ld_import.importer.protocol import End, PlanPart, PlanRequest, Resume, SeenColumns
from ld_import.importer.worker_process import PlanWorker, usable_cpus
from ld_import.ledger import Seen
from ld_import.manifest import Manifest
from ld_import.model import Item, ItemKey, Send
from ld_import.pipeline.planning.chunk import Chunk
from ld_import.pipeline.planning.plan import Planner
from ld_import.pipeline.planning.plan_source import LocalPlan

# One process plans and sends a smaller rest before a second one becomes useful.
SMALLEST_BYTES = 4_000_000
# The maximum number of keys recorded for a worker while it starts.
MOST_SEEN = 20_000
# The maximum delay of a request to stop while the worker is silent.
CHECK_EVERY_SECONDS = 0.5
# A worker that is silent for this long is abandoned. A message takes it a second at most, and to
# abandon a slow worker costs only time. Both limits must be exceeded: the clock also advances
# while the machine is suspended, when the worker cannot answer.
SILENT_SECONDS = 30.0
SILENT_CHECKS = 20

T = TypeVar("T")


def can_prefetch(manifest: Manifest) -> bool:
    """Return whether a worker can help: it needs a second processor and a file it can read."""
    is_large = manifest.rereadable_bytes >= SMALLEST_BYTES
    return is_large and usable_cpus() > 1 and bool(sys.executable)


class RecordingSeen:
    """A `Seen` that also records the keys put into it, up to a limit."""

    def __init__(self, seen: Seen) -> None:
        """Wrap this `Seen`."""
        self._seen = seen
        self._keys: SeenColumns | None = SeenColumns()

    @property
    def keys(self) -> SeenColumns | None:
        """All keys so far; `None` if they are too many, or no longer needed."""
        return self._keys

    def get(self, key: ItemKey) -> tuple[int, bytes] | None:
        """Return line and checksum of the first record with this key, `None` without one."""
        return self._seen.get(key)

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Store the first record with this key; return the stored one if the key is known."""
        if self._keys is not None:
            self._keys.add(key, line, checksum)
            if len(self._keys) > MOST_SEEN:
                self.forget()
        return self._seen.put(key, line, checksum)

    def put_all(self, items: Sequence[Item]) -> dict[int, tuple[int, bytes]]:
        """Put the keys of all items; return what was stored before, by position."""
        if self._keys is not None:
            for item in items:
                self._keys.add(item.key, item.line, item.checksum)
            if len(self._keys) > MOST_SEEN:
                self.forget()
        return self._seen.put_all(items)

    def forget(self) -> None:
        """Stop recording."""
        self._keys = None


class PrefetchedPlan:
    """PlanSource planned in this process until there is much to send, then by a worker process.

    Nothing waits for the worker: this process continues to plan until the worker is ready, and to
    the end if it never is. A run with few changes does not start one. If the worker is lost, this
    process continues after the last chunk that it returned to its caller.
    """

    def __init__(
        self,
        local: LocalPlan,
        planner: Planner,
        recording: RecordingSeen,
        request: PlanRequest,
        clock: Clock,
    ) -> None:
        """Begin with the chunks of `planner`, which uses `recording` as its `Seen`.

        `clock.sleep` is called while waiting for the worker; its errors are propagated.
        """
        self._local = local
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
        # Records read and items to send in the worker's chunks that the caller received.
        self._read_ahead = 0
        self._sent_ahead = 0

    @property
    def not_in_manifest(self) -> list[str]:
        """The requested externalIds that no record had so far."""
        return self._unmet if self._is_ahead else self._local.not_in_manifest

    def share_read(self) -> float | None:
        """Return the share of the manifest read up to the last chunk."""
        return self._share if self._is_ahead else self._local.share_read()

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the known rows without a record; `None` once the worker has read the rest."""
        return None if self._is_ahead else self._local.unseen_rows(most)

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Return this object."""
        return self

    async def __anext__(self) -> Chunk:
        """Return the next chunk; other tasks can run while the worker plans it."""
        if not self._is_ahead and self._worker is not None and self._worker.has_message:
            await self._hand_over(self._worker)
        if self._is_ahead and self._worker is not None:
            prefetched = await self._next_of(self._worker)
            if prefetched is not None:
                return prefetched
            self._abandon(self._worker)
            await self._catch_up()
        chunk = await anext(self._local)
        self._read += chunk.read
        if self._worker is None and self._recording.keys is not None and self._is_worth(chunk):
            self._start()
        return chunk

    def close(self) -> None:
        """Close the plan and kill the worker."""
        if self._worker is not None:
            self._worker.close()
        self._local.close()

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
            self._abandon(worker)
            return
        file_id = self._request.manifest.file_id
        worker.resume(Resume(self._request, file_id, self._read, self._planner.state(), keys))
        self._share = self._local.share_read()
        self._is_ahead = True

    def _abandon(self, worker: PlanWorker) -> None:
        worker.close()
        self._worker = None
        self._is_ahead = False

    async def _catch_up(self) -> None:
        # The file has stayed open at this position: it is the same file even if its path was
        # replaced meanwhile.
        for _ in self._local.catch_up(self._read_ahead, self._sent_ahead):
            await self._clock.sleep(0)

    async def _next_of(self, worker: PlanWorker) -> Chunk | None:
        """Return the next chunk of the worker; `None` if it is lost."""
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
        """Return the result; `None` if the worker is silent for too long."""
        receiving = asyncio.ensure_future(message)
        began, checks = self._clock.monotonic(), 0
        try:
            while not receiving.done():
                if checks >= SILENT_CHECKS and self._clock.monotonic() - began >= SILENT_SECONDS:
                    return None
                await asyncio.wait({receiving}, timeout=CHECK_EVERY_SECONDS)
                # Raises if the run is to stop.
                await self._clock.sleep(0)
                checks += 1
            return receiving.result()
        finally:
            if not receiving.cancel():
                # asyncio warns of exceptions that are never retrieved.
                receiving.exception()


def _count_sent(chunk: Chunk) -> int:
    return sum(isinstance(decision, Send) for decision in chunk.decisions)
