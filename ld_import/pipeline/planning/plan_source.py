"""Where a run gets its decisions: planned here when it asks for them, or elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import Protocol

from ld_import.model import Record
from ld_import.pipeline.planning.chunk import Chunk
from ld_import.pipeline.planning.plan import Planner


class PlanSource(Protocol):
    """The decisions about the records of a manifest, in their order; gone over *exactly once*.

    Planning begins when the first is asked for: what the ledger says before is not looked at.
    Asking for the next raises what ended the plan early.
    """

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds that were asked for and that no record had so far."""
        ...

    def share_read(self) -> float | None:
        """Tell which share of the manifest has been read, if that is known."""
        ...

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the known rows of which no record was met; `None` if too many, or unknown."""
        ...

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Begin."""
        ...

    async def __anext__(self) -> Chunk:
        """Return the next chunk."""
        ...

    def close(self) -> None:
        """Let go of what is open, wherever the plan is; safe to repeat."""
        ...


class LocalPlan:
    """PlanSource planned in this process, each when it is asked for."""

    def __init__(
        self,
        planner: Planner,
        records: Generator[Record],
        share_read: Callable[[], float | None],
    ) -> None:
        """Plan these records, and close them in the end."""
        self._planner = planner
        self._records = records
        self._chunks = planner.chunks(records)
        self._share_read = share_read

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds that were asked for and that no record had so far."""
        return self._planner.not_in_manifest

    def share_read(self) -> float | None:
        """Tell which share of the manifest has been read, if that is known."""
        return self._share_read()

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the known rows of which no record was met; `None` if there are more than that."""
        return self._planner.unseen_rows(most)

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Begin."""
        return self

    async def __anext__(self) -> Chunk:
        """Return the next chunk; nothing else runs while it is planned."""
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration

    def catch_up(self, read_count: int, sent_count: int) -> Iterator[None]:
        """Skip the next records, decided about elsewhere, in steps between which others may run.

        `sent_count` of these `read_count` records were sent; the next chunk begins behind them.
        """
        return self._planner.catch_up(islice(self._records, read_count), sent_count)

    def close(self) -> None:
        """Close the records: a file left half read complains when it is collected."""
        self._records.close()
