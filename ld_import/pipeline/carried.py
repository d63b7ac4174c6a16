"""How far a batch came: what the stages that carry it hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ld_import.errors import LdImportError
from ld_import.model import Batch, Item, ItemKey, Outcome


@dataclass(frozen=True, slots=True)
class Undone:
    """A batch whose job came to nothing: its items, or the server, are to blame.

    `is_divisible` when its items are to be sent again, in smaller parts.
    """

    batch: Batch
    batch_id: int
    reason: str
    is_divisible: bool = True


@dataclass(slots=True)
class Carried:
    """How far a batch came: what has no outcome is still open on the server, or not taken in.

    Of that `unsent` waits to be sent, and `undone` are batches whose job failed as a whole.
    `batch_id` and `sent_at` are those of the last request; of the `unconfirmed` an earlier one had
    no answer, since the time given. With `busy` the server as a whole was unavailable; it is the
    error of a run that gives up.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    open_count: int = 0
    unsent: tuple[Item, ...] = ()
    unconfirmed: Mapping[ItemKey, datetime] = field(default_factory=dict)
    undone: tuple[Undone, ...] = ()
    error: LdImportError | None = None
    batch_id: int = 0
    sent_at: datetime | None = None
    busy: LdImportError | None = None

    def add(self, more: Carried) -> None:
        """Take in how far another part of the same batch came; its error is the one that counts."""
        self.outcomes += more.outcomes
        self.open_count += more.open_count
        self.unsent += more.unsent
        self.unconfirmed = {**more.unconfirmed, **self.unconfirmed}
        self.undone += more.undone
        self.error = more.error
