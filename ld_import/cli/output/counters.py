"""Counters of a run in progress, derived from its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ld_import.cli.output.pace import SETTLING_HALF_LIFE_SECONDS, Pace, RecentRatio
from ld_import.created import count_states
from ld_import.events import Event, Planned, Polled, Settled, Submitted, Transferred, Waiting

# NOTE: the classes here and in `pace.py` have neither `==` nor `repr`: every run would define them,
# and none uses them.

# Earlier, speeds are not known well enough.
LEAST_SECONDS = 2.0
LEAST_MOVING_SECONDS = 1.0
# Digits of an estimated total.
SHOWN_DIGITS = 3


@dataclass(slots=True, eq=False, repr=False)
class JobInFlight:
    """A job that is followed, its last state, and its start by the monotonic clock."""

    job_id: str
    state: str
    since: float


class Extent(NamedTuple):
    """The progress of a run: `done` of `total` records or items to send."""

    done: int
    total: int
    is_estimated: bool
    noun: str

    def text(self, about: str) -> str:
        """Return `1,234 of 2,000`; `about` precedes an estimated total."""
        return f"{self.done:,} of {about if self.is_estimated else ''}{self.total:,}"


@dataclass(slots=True, eq=False, repr=False)
class RunCounters:
    """Counters for display only; the ledger and the summary have their own.

    `most` is the largest number of items that the run may send: `None` without a limit, 0 for a dry
    run. `settled_before` is the number of records that an earlier run over the manifest settled.
    `files` is the last progress of files to upload, `None` without any.
    """

    monotonic: Callable[[], float]
    most: int | None = None
    settled_before: int | None = None
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
    pace: Pace = field(default_factory=Pace)
    last_event: float = 0.0
    files: Transferred | None = None
    moving: RecentRatio = field(default_factory=lambda: RecentRatio(SETTLING_HALF_LIFE_SECONDS))
    last_moved: float = 0.0

    def __post_init__(self) -> None:
        """Record the start."""
        self.started = self.last_event = self.monotonic()

    def update(self, event: Event) -> None:
        """Count an event."""
        self._measure(event)
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
                    for state, count in count_states(event.outcomes).items():
                        self.outcomes[state.value] += count
                self.jobs_done += self.jobs.pop(event.batch_id, None) is not None
            case Transferred():
                self._note_files(event)
            case Waiting():
                self.waiting = event.reason
                self.waiting_until = self.monotonic() + event.seconds

    def _measure(self, event: Event) -> None:
        """Add the time since the last event, and the progress that this one reports."""
        now = self.monotonic()
        seconds = now - max(self.last_event, min(self.waiting_until, now))
        self.last_event = now
        if isinstance(event, Planned) and (records := event.read - self.read):
            self.pace.sending.add(event.to_send - self.to_send, records)
            if not self.is_busy:
                self.pace.reading.add(records, seconds)
        if self.is_busy or isinstance(event, Settled):
            self.pace.settling.add(_count_settled(event), seconds)

    def _note_files(self, event: Transferred) -> None:
        now, before = self.monotonic(), self.files
        # Between the files of a quiet night nothing moves; these times do not count.
        if before is not None and before.in_flight:
            seconds = now - self.last_moved
            self.moving.add(event.moved_bytes - before.moved_bytes, seconds)
            self.pace.preparing.add(_count_files(event) - _count_files(before), seconds)
        self.files, self.last_moved = event, now

    @property
    def is_busy(self) -> bool:
        """Whether items are in flight: in a job, or with a file that is uploaded."""
        return bool(self.jobs) or (self.files is not None and self.files.in_flight > 0)

    @property
    def bytes_per_second(self) -> float:
        """The bytes of files read in a second, lately; 0 while none is in flight, or too early."""
        is_moving = self.files is not None and self.files.in_flight > 0
        if not is_moving or self.moving.units < LEAST_MOVING_SECONDS:
            return 0.0
        return self.moving.with_units(0.0) or 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return max(self.monotonic() - self.started, 1e-6)

    @property
    def settled(self) -> int:
        """Number of items sent by this run that have an outcome."""
        return sum(self.outcomes.values())

    @property
    def pending(self) -> int:
        """Number of items to send that have no outcome yet."""
        return max(self.to_send - self.settled, 0) if self.most != 0 else 0

    @property
    def rate(self) -> float:
        """Items settled per second."""
        return self.settled / self.seconds

    def extent(self) -> Extent | None:
        """Return the progress of the run, `None` before the total is known.

        With a limit that is reached, only the items to send count.
        """
        if self.most is not None and self.to_send >= self.most > 0:
            return Extent(min(self.settled, self.to_send), self.to_send, False, "item")
        total = self._total()
        if total is None:
            return None
        done = self.read - self.pending
        is_estimated = total != self.read
        if is_estimated:
            digits = len(str(total)) - SHOWN_DIGITS
            total = max(round(total, -digits) if digits > 0 else total, self.read)
        return Extent(done, total, is_estimated, "record")

    def seconds_left(self) -> float | None:
        """Estimate the time left; `None` while there is too little data.

        The records not read yet are estimated from the bytes read, and the items among them from
        the records read lately, up to the limit.
        """
        now = self.monotonic()
        total = self._total()
        if total is None or self.seconds < LEAST_SECONDS or self.waiting_until > now:
            return None
        unread = total - self.read
        expected = self._expected_items(unread)
        if self.files is not None and self.files.in_flight:
            files = max(self.to_send - _count_files(self.files), 0) + expected
            return self.pace.seconds_for_files(files, now - self.last_moved)
        items = self.pending + expected
        if not items and not unread:
            return None
        since = now - max(self.last_event, self.waiting_until)
        return self.pace.seconds_for(items, unread, since, is_busy=self.is_busy)

    def _expected_items(self, unread: int) -> float:
        """Estimate the number of items to send among the unread records."""
        expected = unread * self.pace.share_to_send()
        if self.most is not None:
            expected = min(expected, max(self.most - self.to_send, 0))
        if self.settled_before is not None:
            # As long as they fit into the rest: this manifest may have other records.
            unchanged = self.settled_before - self.left["unchanged"]
            if 0 < unchanged <= unread:
                expected = min(expected, unread - unchanged)
        return expected

    def _total(self) -> int | None:
        """Return the number of records, estimated from the share of the file that was read."""
        if not self.share:
            return None
        return self.read if self.share >= 1 else max(round(self.read / self.share), self.read)


def _count_files(files: Transferred) -> int:
    """Return the number of files that are stored or failed."""
    return files.stored + files.same + files.failed


def _count_settled(event: Event) -> int:
    if isinstance(event, Settled) and not event.is_resumed:
        return len(event.outcomes)
    return 0
