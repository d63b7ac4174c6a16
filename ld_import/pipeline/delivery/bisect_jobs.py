"""Bisects batches whose job failed as a whole, so that only the poisoned items fail.

Both halves are sent before either is split further: if one item causes the failures, every second
job succeeds, which distinguishes a poisoned item from a broken server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from math import ceil, log2

from ld_import.errors import LdImportError, ServerUnavailable
from ld_import.model import Batch, Outcome, State
from ld_import.pipeline.breaker import MOST_FAILURES, broken
from ld_import.pipeline.delivery.delivery import BatchStage, Delivery, FailedBatch
from ld_import.pipeline.delivery.recorder import SentBatch
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.planning.batch_size import BatchSize

# Additional requests that a batch may cost, per possible halving: enough to find two poisoned items
# at any positions.
REQUESTS_PER_HALVING = 4


class JobBisector:
    """Sends batches through a stage; those that fail as a whole are bisected within a budget."""

    def __init__(self, stage: BatchStage, tools: RunTools, size: BatchSize) -> None:
        """Send through this stage, and record the items that fail in the end.

        `size` learns that whole batches failed.
        """
        self._size = size
        self._stage = stage
        self._tools = tools
        # Recorded as `lost` in the ledger, so that the next run sends them again.
        self._suspended: list[FailedBatch] = []

    async def send(self, batch: Batch) -> Delivery:
        """Deliver a batch in as many requests as its poisoned items require."""
        total = await self._stage.send(batch)
        for failed in total.failed:
            self._size.note_failure(len(failed.batch.items))
        queue = deque(total.failed)
        poisoned: list[FailedBatch] = []
        budget = budget_of(batch)
        while queue and budget > 0 and total.error is None:
            failed = queue.popleft()
            if len(failed.batch.items) == 1 or not failed.is_divisible:
                poisoned.append(failed)
                continue
            for half in _halves(failed.batch):
                delivery = await self._half(half, total)
                queue.extend(delivery.failed)
                total.add(delivery)
                budget -= 1
            if len(total.failed) >= MOST_FAILURES and not total.accepted_count:
                break
        total.failed = ()
        self._close([*poisoned, *queue], total)
        return total

    async def _half(self, half: Batch, total: Delivery) -> Delivery:
        if total.error is not None:
            return Delivery(unsent=half.items, error=total.error)
        try:
            await self._tools.checkpoint()
        except LdImportError as error:
            return Delivery(unsent=half.items, error=error)
        return await self._stage.send(half)

    def unresolved_error(self) -> ServerUnavailable | None:
        """Return the error of a run that ends without knowing why some batches failed."""
        return broken(self._suspended[-1].reason) if self._suspended else None

    def _close(self, left: list[FailedBatch], total: Delivery) -> None:
        """Fail the remaining batches if another one succeeded: then the server is not the cause.

        An item that already failed alone in an earlier run fails in any case.
        """
        if total.error is None:
            failed = [entry for entry in left if _is_suspect(entry.batch)]
            left = [entry for entry in left if not _is_suspect(entry.batch)]
            if total.accepted_count:
                failed += [*self._suspended, *left]
                left, self._suspended = [], []
            self._suspended += left
            try:
                self._fail(failed, total)
            except LdImportError as error:
                total.error = error
        total.unsent += tuple(item for failed_batch in left for item in failed_batch.batch.items)

    def _fail(self, batches: Iterable[FailedBatch], total: Delivery) -> None:
        for failed in batches:
            is_alone = len(failed.batch.items) == 1
            is_cut_short = failed.is_divisible and not is_alone
            reason = failed.reason + "; gave up after too many failed jobs" * is_cut_short
            outcomes = [Outcome(item.key, State.FAILED, reason) for item in failed.batch.items]
            sent = SentBatch(failed.batch_id, attempt=failed.batch.attempt)
            self._tools.recorder.settle(sent, outcomes, "failed")
            total.settled_count += len(outcomes)


def budget_of(batch: Batch) -> int:
    """Return the number of additional requests that a batch may cost."""
    return REQUESTS_PER_HALVING * ceil(log2(max(len(batch.items), 2)))


def _is_suspect(batch: Batch) -> bool:
    return len(batch.items) == 1 and batch.items[0].key in batch.suspects


def _halves(batch: Batch) -> list[Batch]:
    middle = len(batch.items) // 2
    again = replace(batch, attempt=batch.attempt + 1)
    return [replace(again, items=items) for items in (batch.items[:middle], batch.items[middle:])]
