"""A plan of records with files, whose state is read before the plan decides about their records."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator, Sequence
from itertools import islice

from ld_import.clock import Clock
from ld_import.errors import ManifestError
from ld_import.model import Record
from ld_import.pipeline.files.look import FileLook, Looking
from ld_import.pipeline.planning.chunk import Chunk
from ld_import.pipeline.planning.plan_source import LocalPlan
from ld_import.pipeline.planning.record_blocks import MOST_RECORDS

LOOK_RECORDS = 256
# The longest delay of a request to stop while sources are silent.
CHECK_EVERY_SECONDS = 0.5


class NotedRecords:
    """The records of a manifest with notes about their files, looked at ahead of their reader."""

    def __init__(self, records: Generator[Record], look: FileLook, clock: Clock) -> None:
        """Read nothing yet; `clock` raises when the run is to stop."""
        self._clock = clock
        self._records = records
        self._look = look
        self._waiting: deque[Record] = deque()
        self._failure: ManifestError | None = None
        self._is_over = False

    async def fill(self) -> None:
        """Look at so many records that a whole block can be read."""
        while len(self._waiting) < MOST_RECORDS and not self._is_over:
            part = self._next_part()
            looking = self._look.begin(part)
            await self._answered(looking)
            self._waiting += self._look.end(looking)

    async def _answered(self, looking: Looking) -> None:
        """Wait for all answers. Raises Interrupted as soon as the run is to stop."""
        missing = [asyncio.wrap_future(one) for one in looking.asked.values() if not one.done()]
        while missing:
            await self._clock.checkpoint()
            # Errors are read from the futures themselves.
            done, waiting = await asyncio.wait(missing, timeout=CHECK_EVERY_SECONDS)
            for one in done:
                one.exception()
            missing = list(waiting)

    def read(self) -> Generator[Record]:
        """Yield the records; `fill` must be called before a block is read."""
        try:
            while self._waiting:
                yield self._waiting.popleft()
            if self._failure is not None:
                raise self._failure
        finally:
            self._records.close()

    def _next_part(self) -> list[Record]:
        part: list[Record] = []
        try:
            part.extend(islice(self._records, LOOK_RECORDS))
        except ManifestError as error:
            # The records before it are decided about first.
            self._failure = error
        self._is_over = len(part) < LOOK_RECORDS
        return part


class FilePlan:
    """PlanSource of records with files, planned in this process."""

    def __init__(self, local: LocalPlan, records: NotedRecords) -> None:
        """Plan by `local`, which reads these records."""
        self._local = local
        self._records = records

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds requested by `--only` that no record has had so far."""
        return self._local.not_in_manifest

    def share_read(self) -> float | None:
        """Return the share of the manifest that was read, from 0 to 1, if it is known."""
        return self._local.share_read()

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the rows without a record so far; `None` if there are more than `most`."""
        return self._local.unseen_rows(most)

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Return the iterator itself."""
        return self

    async def __anext__(self) -> Chunk:
        """Return the next chunk, after looking at the files of its records."""
        await self._records.fill()
        return await anext(self._local)

    def close(self) -> None:
        """Close the records."""
        self._local.close()
