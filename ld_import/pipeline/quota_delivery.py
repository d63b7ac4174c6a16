"""Delivers a batch in parts that fit into quota and learned size; waits for the quota if asked."""

from __future__ import annotations

from dataclasses import replace

from ld_import.errors import QuotaReached
from ld_import.events import Waiting
from ld_import.model import Batch
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.run_end import RunEnd
from ld_import.pipeline.shutdown import wait_for
from ld_import.pipeline.stages import Stages
from ld_import.pipeline.tally import Tally


class QuotaDelivery:
    """Delivers batches within the quota; raises the error of a delivery."""

    def __init__(
        self, stages: Stages, tools: RunTools, tally: Tally, end: RunEnd, *, is_waiting: bool
    ) -> None:
        """With `is_waiting`, wait for the renewal of a used-up quota instead of raising."""
        self._deliverer = stages.deliverer
        self._quota = stages.quota
        self._size = stages.size
        self._clock = tools.clock
        self._listen = tools.listen
        self._tally = tally
        self._end = end
        self._is_waiting = is_waiting

    async def deliver(self, batch: Batch) -> None:
        """Deliver all items of a batch, unless the run ends before; raises QuotaReached."""
        items = batch.items
        most = len(items)
        while items and self._end.is_accepting():
            remaining = self._quota.remaining()
            fitting = min(most, len(items) if remaining is None else remaining)
            # A batch may have been cut before the size was reduced.
            fitting = min(fitting, self._size.size)
            if not fitting:
                await self._wait(self._quota.reached())
                continue
            delivery = await self._deliverer.send(replace(batch, items=items[:fitting]))
            self._tally.note_open(delivery.open_count)
            batch = replace(batch, unconfirmed={**delivery.unconfirmed, **batch.unconfirmed})
            items = items[fitting:]
            most = len(items)
            if isinstance(delivery.error, QuotaReached):
                items = delivery.unsent + items
                most = min(delivery.error.remaining, len(items)) or len(items)
                # The server refused items that should have fitted: they wait for the renewal.
                if not 0 < delivery.error.remaining < fitting:
                    await self._wait(delivery.error)
            elif delivery.error is not None:
                raise delivery.error

    async def _wait(self, reached: QuotaReached) -> None:
        if not self._is_waiting:
            raise reached
        seconds = self._quota.wait_seconds()
        if self._end.is_too_long(seconds):
            raise reached
        self._listen(Waiting(str(reached), seconds))
        # Another batch may end the run during the wait.
        await wait_for(self._end.has_error, self._clock, seconds)
        self._quota.forget_others()
