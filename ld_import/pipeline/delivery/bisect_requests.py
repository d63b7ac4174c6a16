"""A request refused as a whole: its culprits are found, and the rest is sent without them.

The server may name them by dotted paths; otherwise the batch is halved until the culprit stands
alone: one in a thousand is found in at most twenty-one requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from ld_import.errors import LdImportError, RequestRefused
from ld_import.model import Batch, Item, Outcome, State
from ld_import.pipeline.delivery.delivery import BatchStage, Delivery
from ld_import.pipeline.delivery.recorder import SentBatch
from ld_import.pipeline.delivery.tools import RunTools

ISOLATED = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
)
# So many items refused one after the other, and nothing accepted between: it is not the items.
HOPELESS = 8


@dataclass(slots=True)
class _Work:
    """One batch being taken apart."""

    queue: list[Batch]
    total: Delivery = field(default_factory=Delivery)
    culprits: list[tuple[Item, int, str]] = field(default_factory=list)
    error: RequestRefused | None = None


class RequestBisector:
    """Sends batches through a stage; a refused request is bisected until its culprits are found."""

    def __init__(
        self, stage: BatchStage, tools: RunTools, on_too_large: Callable[[], None]
    ) -> None:
        """Call `on_too_large` when a whole batch is refused as too large."""
        self._stage = stage
        self._tools = tools
        # The server names entries by dotted paths that begin with the name of the list.
        self._index_in = re.compile(rf"{re.escape(tools.kind.list_key)}[.\[](\d+)")
        self._on_too_large = on_too_large
        self._refused_in_a_row = 0

    async def send(self, batch: Batch) -> Delivery:
        """Take a batch to its end, in as many requests as its culprits need."""
        work = _Work([batch])
        while work.queue and work.total.error is None:
            part = work.queue.pop()
            try:
                await self._tools.clock.checkpoint()
            except LdImportError as stop:
                work.total.unsent += part.items
                work.total.error = stop
                break
            delivery = await self._stage.send(part)
            error = delivery.error
            # What was refused while items lie open was no import request of theirs.
            is_refused = (
                isinstance(error, RequestRefused)
                and error.status in ISOLATED
                and not delivery.open_count
            )
            if isinstance(error, RequestRefused) and is_refused and delivery.unsent:
                work.total.outcomes += delivery.outcomes
                work.total.failed += delivery.failed
                if delivery.outcomes:
                    self._refused_in_a_row = 0
                if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and part is batch:
                    self._on_too_large()
                rest = replace(
                    part,
                    items=delivery.unsent,
                    unconfirmed={**delivery.unconfirmed, **part.unconfirmed},
                )
                self._take_apart(work, rest, delivery.batch_id, error)
            else:
                self._add(work, delivery)
        self._judge(work)
        return work.total

    def _add(self, work: _Work, delivery: Delivery) -> None:
        if delivery.error is None:
            self._refused_in_a_row = 0
        work.total.add(delivery)

    def _take_apart(self, work: _Work, part: Batch, batch_id: int, error: RequestRefused) -> None:
        work.error = error
        named = self._named(part, error)
        if named:
            work.culprits += [(item, batch_id, words) for item, words in named.items()]
            rest = tuple(item for item in part.items if item not in named)
            if rest:
                work.queue.append(replace(part, items=rest))
        elif error.paths or len(part.items) == 1:
            # Paths that name no entry speak of the request itself; no entry is to blame.
            blamed = part.items if not error.paths else ()
            work.culprits += [(item, batch_id, str(error)) for item in blamed]
            self._refused_in_a_row += len(blamed)
            is_last_hope = self._refused_in_a_row == HOPELESS and self._put_probe_first(work)
            if error.paths or (self._refused_in_a_row >= HOPELESS and not is_last_hope):
                work.total.error = error
                work.total.unsent += part.items if not blamed else ()
        else:
            middle = len(part.items) // 2
            work.queue.append(replace(part, items=part.items[middle:]))
            work.queue.append(replace(part, items=part.items[:middle]))

    def _put_probe_first(self, work: _Work) -> bool:
        """Let one item, as far from the culprits as can be, tell whether it is the items at all."""
        if not work.queue:
            return False
        far = work.queue.pop(0)
        if len(far.items) > 1:
            work.queue.insert(0, replace(far, items=far.items[:-1]))
        work.queue.append(replace(far, items=far.items[-1:]))
        return True

    def _named(self, part: Batch, error: RequestRefused) -> dict[Item, str]:
        named: dict[Item, str] = {}
        for path, words in error.paths.items():
            found = self._index_in.match(path)
            index = int(found[1]) if found else len(part.items)
            if index < len(part.items):
                item = part.items[index]
                text = f"{path[found.end() :].lstrip('.]') or 'entry'}: {words}" if found else ""
                named[item] = f"{named[item]}; {text}" if item in named else text
        return named

    def _judge(self, work: _Work) -> None:
        """Fail the culprits, unless everything is refused: then it is not they."""
        work.total.unsent += tuple(item for part in work.queue for item in part.items)
        if self._refused_in_a_row < HOPELESS:
            self._fail(work)
        elif work.culprits:
            work.total.error = work.total.error or work.error
            work.total.unsent += tuple(item for item, _, _ in work.culprits)

    def _fail(self, work: _Work) -> None:
        by_batch: dict[int, list[Outcome]] = {}
        for item, batch_id, words in work.culprits:
            outcome = Outcome(item.key, State.FAILED, f"refused by the server: {words}")
            by_batch.setdefault(batch_id, []).append(outcome)
        for batch_id, outcomes in by_batch.items():
            try:
                self._tools.recorder.settle(SentBatch(batch_id), outcomes, "refused")
            except LdImportError as error:
                work.total.error = work.total.error or error
                return
            work.total.outcomes += outcomes
