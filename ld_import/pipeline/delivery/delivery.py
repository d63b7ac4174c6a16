"""The result of delivering a batch, and the interface of a stage of delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ld_import.created import count_states, outcomes_in
from ld_import.errors import LdImportError
from ld_import.model import Batch, Item, ItemKey, Outcome, State


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """A batch whose job failed as a whole, because of its items or of the server.

    `is_divisible` if its items are to be sent again in smaller parts.
    """

    batch: Batch
    batch_id: int
    reason: str
    is_divisible: bool = True


@dataclass(slots=True)
class Delivery:
    """The result of delivering a batch.

    `settled_count` items have an outcome, and `accepted_count` of them an entry on the server. The
    result of `lost` items is unknown. All others are either still open on the server
    (`open_count`), were never accepted (`unsent`), or belong to `failed` batches. `batch_id` and
    `sent_at` describe the last request. `unconfirmed` maps items to the time of the first request
    without an answer. `busy` is set if the server as a whole was unavailable; it is the error of a
    run that gives up.
    """

    settled_count: int = 0
    accepted_count: int = 0
    lost: frozenset[ItemKey] = frozenset()
    open_count: int = 0
    unsent: tuple[Item, ...] = ()
    unconfirmed: Mapping[ItemKey, datetime] = field(default_factory=dict)
    failed: tuple[FailedBatch, ...] = ()
    error: LdImportError | None = None
    batch_id: int = 0
    sent_at: datetime | None = None
    busy: LdImportError | None = None

    def add(self, more: Delivery) -> None:
        """Add the delivery of another part of the same batch; its error replaces this one's."""
        self.settled_count += more.settled_count
        self.accepted_count += more.accepted_count
        self.lost |= more.lost
        self.open_count += more.open_count
        self.unsent += more.unsent
        self.unconfirmed = {**more.unconfirmed, **self.unconfirmed}
        self.failed += more.failed
        self.error = more.error


def delivered(
    outcomes: Sequence[Outcome],
    *,
    error: LdImportError | None = None,
    failed: tuple[FailedBatch, ...] = (),
) -> Delivery:
    """Return the result of a batch with these outcomes."""
    counts = count_states(outcomes)
    lost = frozenset(outcome.key for outcome in outcomes_in(outcomes, {State.LOST}))
    return Delivery(
        settled_count=len(outcomes) - counts[State.LOST],
        accepted_count=counts[State.SUCCESS] + counts[State.SKIPPED],
        lost=lost,
        error=error,
        failed=failed,
    )


class BatchStage(Protocol):
    """A stage of delivery; stages wrap each other, and the innermost one sends."""

    async def send(self, batch: Batch) -> Delivery:
        """Deliver a batch as far as possible; an error that ends the run is part of the result."""
        ...
