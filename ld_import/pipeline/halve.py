"""A job that failed as a whole: its items are sent again in halves, so that a poisoned one fails
alone.

Both halves are tried before either is cut further: where one item is to blame, every second job
works, which tells a poisoned item from a broken server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from math import ceil, log2

from ld_import.clock import Clock
from ld_import.errors import LdImportError, ServerUnavailable
from ld_import.events import Listener, Settled
from ld_import.ledger.base import Ledger
from ld_import.model import Batch, Outcome, State
from ld_import.pipeline.breaker import MOST_FAILURES, broken
from ld_import.pipeline.carried import Carried, Undone

# Requests beyond the first that a batch may cost, for each time it can be halved: enough to find
# two poisoned items wherever they stand.
REQUESTS_PER_HALVING = 4


class Halver:
    """Carries batches through `carry`; what fails as a whole is taken apart within a budget."""

    def __init__(
        self,
        carry: Callable[[Batch], Awaitable[Carried]],
        *,
        ledger: Ledger,
        clock: Clock,
        listen: Listener,
    ) -> None:
        """Hand in the stage below, and where it is noted what failed in the end."""
        self._carry = carry
        self._ledger = ledger
        self._clock = clock
        self._listen = listen
        # Closed as `lost` in the ledger, so that the next run sends them again.
        self._suspended: list[Undone] = []

    async def carry(self, batch: Batch) -> Carried:
        """Take a batch to its end, in as many requests as its poisoned items need."""
        total = await self._carry(batch)
        queue = deque(total.undone)
        poisoned: list[Undone] = []
        budget = budget_of(batch)
        while queue and budget > 0 and total.error is None:
            undone = queue.popleft()
            if len(undone.batch.items) == 1 or not undone.is_divisible:
                poisoned.append(undone)
                continue
            for half in _halves(undone.batch):
                carried = await self._carried(half, total)
                queue.extend(carried.undone)
                total.add(carried)
                budget -= 1
            if len(total.undone) >= MOST_FAILURES and not any(map(_is_taken, total.outcomes)):
                break
        total.undone = ()
        self._close([*poisoned, *queue], total)
        return total

    async def _carried(self, half: Batch, total: Carried) -> Carried:
        if total.error is not None:
            return Carried(unsent=half.items, error=total.error)
        try:
            # Here a request to stop is noticed.
            await self._clock.sleep(0)
        except LdImportError as stop:
            return Carried(unsent=half.items, error=stop)
        return await self._carry(half)

    def doubt(self) -> ServerUnavailable | None:
        """Return the error of a run that ends without knowing who is to blame for some items."""
        return broken(self._suspended[-1].reason) if self._suspended else None

    def _close(self, left: list[Undone], total: Carried) -> None:
        """Fail what came to nothing once something else worked: then it is not the server.

        What stood alone before, and failed then, too, has had its chance.
        """
        if total.error is None:
            failed = [one for one in left if _is_suspect(one.batch)]
            left = [one for one in left if not _is_suspect(one.batch)]
            if any(map(_is_taken, total.outcomes)):
                failed += [*self._suspended, *left]
                left, self._suspended = [], []
            self._suspended += left
            try:
                self._fail(failed, total)
            except LdImportError as error:
                total.error = error
        total.unsent += tuple(item for one in left for item in one.batch.items)

    def _fail(self, left: Iterable[Undone], total: Carried) -> None:
        for one in left:
            is_alone = len(one.batch.items) == 1
            more = "" if is_alone or not one.is_divisible else ", and there were too many such jobs"
            reason = one.reason + more
            outcomes = [Outcome(item.key, State.FAILED, reason) for item in one.batch.items]
            now = self._clock.now()
            self._ledger.record_settled(one.batch_id, outcomes, job_state="failed", now=now)
            self._listen(
                Settled(one.batch_id, None, "failed", tuple(outcomes), attempt=one.batch.attempt)
            )
            total.outcomes += outcomes


def budget_of(batch: Batch) -> int:
    """Return how many further requests a batch may cost."""
    return REQUESTS_PER_HALVING * ceil(log2(max(len(batch.items), 2)))


def _is_suspect(batch: Batch) -> bool:
    return len(batch.items) == 1 and batch.items[0].key in batch.suspects


def _is_taken(outcome: Outcome) -> bool:
    return outcome.state in (State.SUCCESS, State.SKIPPED)


def _halves(batch: Batch) -> list[Batch]:
    middle = len(batch.items) // 2
    again = replace(batch, attempt=batch.attempt + 1)
    return [replace(again, items=items) for items in (batch.items[:middle], batch.items[middle:])]
