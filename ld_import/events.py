"""Events that a run reports to its listener. A listener observes; it cannot influence the run.

They are named tuples, which every start defines in a quarter of the time of frozen dataclasses.
"""

# NOTE: without `from __future__ import annotations`, as `model.py`.

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ld_import.model import Invalid, Job, Outcome, Remark


class Planned(NamedTuple):
    """More of the manifest was read: totals by decision, and the share read so far, if known."""

    read: int
    left: Mapping[str, int]
    to_send: int
    invalid: int
    share: float | None


class Rejected(NamedTuple):
    """A record of `file` cannot become an item."""

    record: Invalid
    file: str


class Warned(NamedTuple):
    """A record of `file` is sent although the project may not accept it as it is."""

    remark: Remark
    file: str


class ProjectRead(NamedTuple):
    """The items are checked against this revision of the project's configuration."""

    project: str
    revision: str


class Submitted(NamedTuple):
    """The server accepted a batch; `is_resumed` if an earlier run submitted it.

    `job_id` is None if the server answers at once, without a job. `attempt` is the number of this
    request among those sent for these items in this run, starting at 1.
    """

    batch_id: int
    job_id: str | None
    item_count: int
    is_resumed: bool = False
    attempt: int = 1


class Polled(NamedTuple):
    """The server reported the state of a job."""

    batch_id: int
    job: Job


class Settled(NamedTuple):
    """Every item of a batch has an outcome. `job_id` is None for a batch without a job."""

    batch_id: int
    job_id: str | None
    job_state: str
    outcomes: Sequence[Outcome]
    is_resumed: bool = False
    attempt: int = 1


class Declined(NamedTuple):
    """The server declined a whole batch."""

    batch_id: int
    item_count: int
    reason: str
    attempt: int = 1


class Waiting(NamedTuple):
    """The run waits: backoff before a retry, or the quota.

    `attempt` is the number of the failed request; `batch_id` and `job_id` are those it concerns.
    """

    reason: str
    seconds: float
    batch_id: int | None = None
    job_id: str | None = None
    attempt: int | None = None


class Transferred(NamedTuple):
    """Progress of the files to upload: counts of this run so far, and files in flight.

    `stored` were sent to a storage, `same` had the content that is stored there, `failed` cannot be
    stored. `moved_bytes` were read from their sources, those of files in flight included.
    """

    stored: int
    same: int
    failed: int
    in_flight: int
    moved_bytes: int


class SizeChanged(NamedTuple):
    """Further batches have at most `size` items, because of `reason`."""

    size: int
    reason: str


class Note(NamedTuple):
    """A line for the log that changes no count."""

    text: str


Event = (
    Planned
    | Rejected
    | Warned
    | ProjectRead
    | Submitted
    | Polled
    | Settled
    | Declined
    | Waiting
    | Transferred
    | SizeChanged
    | Note
)
Listener = Callable[[Event], None]
