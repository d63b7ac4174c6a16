"""Sources of plan decisions: computed in this process on demand, or prefetched by a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import Protocol

from ld_import.model import Record
from ld_import.pipeline.planning.chunk import Chunk, ItemCheck
from ld_import.pipeline.planning.plan import Planner

AskCheck = Callable[[], Awaitable[ItemCheck | None]]


class PlanSource(Protocol):
    """The decisions about the records of a manifest, in order; iterated *exactly once*.

    Planning begins with the first `__anext__`, and does not read the ledger earlier. `__anext__`
    raises the error that ended the plan early.
    """

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds requested by `--only` that no record has had so far."""
        ...

    def share_read(self) -> float | None:
        """Return the share of the manifest that was read, from 0 to 1, if it is known."""
        ...

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the rows without a record so far; `None` if more than `most`, or unknown."""
        ...

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Return the iterator itself."""
        ...

    async def __anext__(self) -> Chunk:
        """Return the next chunk."""
        ...

    def close(self) -> None:
        """Close files and processes at any point of the plan; safe to call again."""
        ...


class LocalPlan:
    """PlanSource that plans each chunk in this process, on demand."""

    def __init__(
        self,
        planner: Planner,
        records: Generator[Record],
        share_read: Callable[[], float | None],
        ask_check: AskCheck | None = None,
    ) -> None:
        """Plan these records; `close` closes them.

        `ask_check` returns the check of the items to send; it is called before the first of them.
        """
        self._planner = planner
        self._records = records
        self._steps = planner.steps(records)
        self._ask_check = ask_check
        planner.is_check_awaited = ask_check is not None
        self._share_read = share_read

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds requested by `--only` that no record has had so far."""
        return self._planner.not_in_manifest

    def share_read(self) -> float | None:
        """Return the share of the manifest that was read, from 0 to 1, if it is known."""
        return self._share_read()

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the rows without a record so far; `None` if there are more than `most`."""
        return self._planner.unseen_rows(most)

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Return the iterator itself."""
        return self

    async def __anext__(self) -> Chunk:
        """Return the next chunk; planning it blocks the event loop. Raises errors of the check."""
        for chunk in self._steps:
            if chunk is not None:
                return chunk
            if self._ask_check is not None:
                self._planner.check = await self._ask_check()
        raise StopAsyncIteration

    def catch_up(self, read_count: int, sent_count: int) -> Iterator[None]:
        """Skip the next `read_count` records, decided about elsewhere; yields between steps.

        `sent_count` of these records were sent; the next chunk begins after them.
        """
        return self._planner.catch_up(islice(self._records, read_count), sent_count)

    def close(self) -> None:
        """Close the records: garbage collection of a half-read file emits a ResourceWarning."""
        self._records.close()
