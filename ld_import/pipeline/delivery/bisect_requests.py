"""Bisects batches whose request was refused as a whole, and sends the rest without the culprits.

The server may name the culprits by dotted paths. Otherwise the batch is halved until the culprit is
alone: one item in a thousand is found in at most twenty-one requests.
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
# This many refused items in a row, without an accepted one, show that the items are not the cause.
MOST_REFUSALS = 8
# A server may name only the first culprit of each request. After this many requests in a row
# without an accepted item, one item far away shows whether any is accepted.
MOST_NAMING = 20


@dataclass(slots=True)
class _Work:
    """The state of bisecting one batch."""

    queue: list[Batch]
    total: Delivery = field(default_factory=Delivery)
    culprits: list[tuple[Item, int, str]] = field(default_factory=list)
    error: RequestRefused | None = None


class RequestBisector:
    """Sends batches through a stage; a refused request is bisected until its culprits are found."""

    def __init__(
        self, stage: BatchStage, tools: RunTools, on_too_large: Callable[[], None]
    ) -> None:
        """Call `on_too_large` if a whole batch is refused as too large."""
        self._stage = stage
        self._tools = tools
        # The server identifies entries by dotted paths that begin with the name of the list.
        self._index_in = re.compile(rf"{re.escape(tools.kind.list_key)}[.\[](\d+)")
        self._on_too_large = on_too_large
        self._refused_in_a_row = 0
        self._naming_in_a_row = 0

    async def send(self, batch: Batch) -> Delivery:
        """Deliver a batch in as many requests as its culprits require."""
        work = _Work([batch])
        while work.queue and work.total.error is None:
            part = work.queue.pop()
            try:
                await self._tools.checkpoint()
            except LdImportError as error:
                work.total.unsent += part.items
                work.total.error = error
                break
            delivery = await self._stage.send(part)
            refusal = delivery.error
            # A refusal while items are open on the server concerns another request.
            is_refused = (
                isinstance(refusal, RequestRefused)
                and refusal.status in ISOLATED
                and not delivery.open_count
            )
            if isinstance(refusal, RequestRefused) and is_refused and delivery.unsent:
                work.total.settled_count += delivery.settled_count
                work.total.accepted_count += delivery.accepted_count
                work.total.failed += delivery.failed
                if delivery.settled_count:
                    self._note_accepted()
                if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and part is batch:
                    self._on_too_large()
                rest = replace(
                    part,
                    items=delivery.unsent,
                    unconfirmed={**delivery.unconfirmed, **part.unconfirmed},
                )
                self._bisect(work, rest, delivery.batch_id, refusal)
            else:
                self._add(work, delivery)
        self._judge(work)
        return work.total

    def _add(self, work: _Work, delivery: Delivery) -> None:
        if delivery.error is None:
            self._note_accepted()
        work.total.add(delivery)

    def _note_accepted(self) -> None:
        self._refused_in_a_row = self._naming_in_a_row = 0

    def _bisect(self, work: _Work, part: Batch, batch_id: int, error: RequestRefused) -> None:
        work.error = error
        named = self._named(part, error)
        if named:
            work.culprits += [(item, batch_id, reason) for item, reason in named.items()]
            rest = tuple(item for item in part.items if item not in named)
            if rest:
                work.queue.append(replace(part, items=rest))
            self._note_naming(work, error)
        elif error.paths or len(part.items) == 1:
            # Paths without an entry concern the request itself; no entry is the cause.
            blamed = part.items if not error.paths else ()
            work.culprits += [(item, batch_id, str(error)) for item in blamed]
            self._refused_in_a_row += len(blamed)
            is_probing = self._refused_in_a_row == MOST_REFUSALS and self._put_probe_first(work)
            if error.paths or (self._refused_in_a_row >= MOST_REFUSALS and not is_probing):
                work.total.error = error
                work.total.unsent += part.items if not blamed else ()
        else:
            middle = len(part.items) // 2
            work.queue.append(replace(part, items=part.items[middle:]))
            work.queue.append(replace(part, items=part.items[:middle]))

    def _note_naming(self, work: _Work, error: RequestRefused) -> None:
        self._naming_in_a_row += 1
        is_probing = self._naming_in_a_row == MOST_NAMING and self._put_probe_first(work)
        if self._naming_in_a_row >= MOST_NAMING and not is_probing:
            work.total.error = error

    def _put_probe_first(self, work: _Work) -> bool:
        """Send one item next, as far from the culprits as possible; return whether there is one.

        If it is refused as well, the items are not the cause.
        """
        if not work.queue:
            return False
        far = work.queue.pop(0)
        if len(far.items) > 1:
            work.queue.insert(0, replace(far, items=far.items[:-1]))
        work.queue.append(replace(far, items=far.items[-1:]))
        return True

    def _named(self, part: Batch, error: RequestRefused) -> dict[Item, str]:
        named: dict[Item, str] = {}
        for path, reason in error.paths.items():
            match = self._index_in.match(path)
            index = int(match[1]) if match else len(part.items)
            if index < len(part.items):
                item = part.items[index]
                text = f"{path[match.end() :].lstrip('.]') or 'entry'}: {reason}" if match else ""
                named[item] = f"{named[item]}; {text}" if item in named else text
        return named

    def _judge(self, work: _Work) -> None:
        """Fail the culprits, unless every item was refused: then the items are not the cause."""
        work.total.unsent += tuple(item for part in work.queue for item in part.items)
        if self._refused_in_a_row < MOST_REFUSALS:
            self._fail(work)
        elif work.culprits:
            work.total.error = work.total.error or work.error
            work.total.unsent += tuple(item for item, _, _ in work.culprits)

    def _fail(self, work: _Work) -> None:
        by_batch: dict[int, list[Outcome]] = {}
        for item, batch_id, reason in work.culprits:
            outcome = Outcome(item.key, State.FAILED, f"refused by the server: {reason}")
            by_batch.setdefault(batch_id, []).append(outcome)
        for batch_id, outcomes in by_batch.items():
            try:
                self._tools.recorder.settle(SentBatch(batch_id), outcomes, "refused")
            except LdImportError as error:
                work.total.error = work.total.error or error
                return
            work.total.settled_count += len(outcomes)
