"""What a run tells its listener while it works; listeners observe, they cannot steer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ld_import.model import Invalid, Job, Outcome


@dataclass(frozen=True, slots=True)
class Planned:
    """More of the manifest was read: totals by decision, and the share read so far if known."""

    read: int
    left: Mapping[str, int]
    to_send: int
    invalid: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record of `file` cannot become an item."""

    record: Invalid
    file: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A batch was taken in by the server; `is_resumed` when an earlier run submitted it.

    `job_id` is None where the server answers at once, without a job; `attempt` tells the
    how-manieth request for these items it was in this run.
    """

    batch_id: int
    job_id: str | None
    item_count: int
    is_resumed: bool = False
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Polled:
    """The server was asked for a job and told its state."""

    batch_id: int
    job: Job


@dataclass(frozen=True, slots=True)
class Settled:
    """Every item of a batch has its outcome. `job_id` is None when there was no job to follow."""

    batch_id: int
    job_id: str | None
    job_state: str
    outcomes: tuple[Outcome, ...]
    is_resumed: bool = False
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Declined:
    """The server took in nothing of a batch."""

    batch_id: int
    item_count: int
    reason: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing can be done for a while: backoff, or the quota.

    `attempt` failed, of a request that concerns this batch or job, where it concerns one.
    """

    reason: str
    seconds: float
    batch_id: int | None = None
    job_id: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line in the log that changes no count."""

    text: str


Event = Planned | Rejected | Submitted | Polled | Settled | Declined | Waiting | Note
Listener = Callable[[Event], None]
