"""Counters of a run in progress, derived from its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ld_import.events import Event, Planned, Polled, Settled, Submitted, Waiting


@dataclass(slots=True)
class JobInFlight:
    """A job that is followed, its last state, and its start by the monotonic clock."""

    job_id: str
    state: str
    since: float


@dataclass(slots=True)
class RunCounters:
    """Counters for display only; the ledger and the summary have their own."""

    monotonic: Callable[[], float]
    started: float = 0.0
    read: int = 0
    left: Counter[str] = field(default_factory=Counter)
    invalid: int = 0
    share: float | None = None
    to_send: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    resumed_count: int = 0
    jobs: dict[int, JobInFlight] = field(default_factory=dict)
    jobs_done: int = 0
    waiting: str = ""
    waiting_until: float = 0.0

    def __post_init__(self) -> None:
        """Record the start."""
        self.started = self.monotonic()

    def update(self, event: Event) -> None:
        """Count an event."""
        match event:
            case Planned():
                self.read, self.invalid, self.share = event.read, event.invalid, event.share
                self.left, self.to_send = Counter(event.left), event.to_send
            case Submitted():
                self.jobs[event.batch_id] = JobInFlight(
                    event.job_id or "request", "started", self.monotonic()
                )
            case Polled() if event.batch_id in self.jobs:
                self.jobs[event.batch_id].state = event.job.state
            case Settled():
                if event.is_resumed:
                    # Their records are read again and counted as unchanged.
                    self.resumed_count += len(event.outcomes)
                else:
                    self.outcomes.update(outcome.state.value for outcome in event.outcomes)
                self.jobs_done += self.jobs.pop(event.batch_id, None) is not None
            case Waiting():
                self.waiting = event.reason
                self.waiting_until = self.monotonic() + event.seconds

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return max(self.monotonic() - self.started, 1e-6)

    @property
    def settled(self) -> int:
        """Number of items sent by this run that have an outcome."""
        return sum(self.outcomes.values())

    @property
    def rate(self) -> float:
        """Items settled per second; before the first one, records read per second."""
        return (self.settled or self.read) / self.seconds

    def seconds_left(self) -> float | None:
        """Estimate the time left; `None` while there is too little data.

        The number of items to send is extrapolated from the part of the manifest read so far. If
        there is nothing to send, only reading takes time.
        """
        is_waiting = self.waiting_until > self.monotonic()
        if not self.share or self.seconds < 2 or is_waiting:
            return None
        if not self.to_send:
            return self.seconds * (1 - self.share) / self.share if self.share < 1 else None
        left = self.to_send / self.share - self.settled
        return left / self.rate if self.settled and left > 0 else None
