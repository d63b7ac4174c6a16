"""The tools of a run, passed as one value, and the options of its delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.events import Listener
from ld_import.kinds.base import Kind
from ld_import.ledger.base import Ledger
from ld_import.pipeline.brake import Brake
from ld_import.pipeline.delivery.notifications import Notifications
from ld_import.pipeline.delivery.recorder import Recorder

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

# Returns the bytes before and after the items of a request. The token identifies the request in its
# notification.
Envelope = Callable[[str | None], tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class RunTools:
    """The objects that all stages of a run share."""

    kind: Kind
    client: LivingdocsClient
    ledger: Ledger
    clock: Clock
    listen: Listener
    brake: Brake = field(default_factory=Brake)

    async def checkpoint(self) -> None:
        """Let other tasks run before further requests for a batch.

        Raises Interrupted when the run is to stop, and TooManyFailures once the brake has ended it.
        """
        await self.clock.checkpoint()
        self.brake.check()

    @property
    def recorder(self) -> Recorder:
        """The recorder of outcomes."""
        return Recorder(self.ledger, self.clock, self.listen)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """The options of a run for its jobs.

    With `is_waiting` jobs are followed to their end; otherwise they are left to a later run, and
    the status of an earlier run's jobs is requested once. `notifications` is `None` if the run
    receives none. A job is overdue after `max_wait_seconds`.
    """

    envelope: Envelope
    max_wait_seconds: float
    is_waiting: bool = True
    notifications: Notifications | None = None
