"""Writes outcomes to the ledger and reports them; no other module does either.

This is the third commit of a batch, after `pending` and `submitted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ld_import.clock import Clock
from ld_import.events import Listener, Settled
from ld_import.ledger.base import Ledger
from ld_import.model import Outcome


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch in the ledger: `attempt` is the number of its request among those for its items.

    `job_id` is `None` if there is no job to follow. `is_resumed` marks a batch of an earlier run.
    """

    batch_id: int
    job_id: str | None = None
    attempt: int = 1
    is_resumed: bool = False


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes outcomes to the ledger and emits `Settled`."""

    ledger: Ledger
    clock: Clock
    listen: Listener

    def settle(self, batch: SentBatch, outcomes: Sequence[Outcome], state: str) -> None:
        """Commit the outcomes of a batch whose job ended in `state`, then report them.

        Raises LedgerError, and then reports nothing.
        """
        self.close(batch, outcomes, state)
        self.listen(
            Settled(
                batch.batch_id,
                batch.job_id,
                state,
                outcomes,
                is_resumed=batch.is_resumed,
                attempt=batch.attempt,
            )
        )

    def close(self, batch: SentBatch, outcomes: Sequence[Outcome], state: str) -> None:
        """Commit the outcomes without reporting them: the caller sends the items again."""
        now = self.clock.now()
        self.ledger.record_settled(batch.batch_id, outcomes, job_state=state, now=now)
