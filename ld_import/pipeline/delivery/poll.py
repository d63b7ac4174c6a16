"""Polls a job until it is finished, lost or overdue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.errors import JobOverdue, RequestRefused, ServerUnavailable, UnexpectedAnswer
from ld_import.kinds.base import Kind
from ld_import.model import Job
from ld_import.pipeline.delivery.notifications import Notifications

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

FLOOR_SECONDS = 0.0005
CEILING_SECONDS = 30.0
FIRST_GUESS_SECONDS = 0.1
GROWTH = 1.5
# The first step after the expected end is the expected time divided by this number.
STEPS = 32
# Time for the status request of a job that is already overdue, including retries.
OVERDUE_ASKING_SECONDS = 30.0
# Takes the seconds from the start of polling to the last request that found the job running (0
# without one), and to the end of the job.
OnEnd = Callable[[float, float], None]
# Takes a number of items, and returns how long earlier jobs of that size took, if this is known.
Known = Callable[[int], float | None]
# Estimates of one job at different times differ by rounding.
EQUAL = 1.001
# Any step reaches the ceiling before this exponent; a larger one could overflow.
MOST_GROWTHS = 60


@dataclass(slots=True)
class Pace:
    """Estimates how long jobs of this run take, from those that finished.

    The first status request is made when the job is expected to be finished, further ones at
    growing intervals. This avoids waiting for a fast server and overloading a slow one.
    """

    expected_seconds: float = field(default_factory=lambda: FIRST_GUESS_SECONDS)
    known: Known = lambda items: None
    # The estimate for jobs with as many items as the last one that ended; their number, 0 if
    # unknown.
    _last_seconds: float = field(init=False)
    _last_items: int = 0
    _early_count: int = 0

    def __post_init__(self) -> None:
        """Begin with a guess."""
        self._last_seconds = self.expected_seconds

    def begin(self, items: int) -> None:
        """Expect a job with fewer items than the last one to take accordingly less time.

        One with more items is expected to take longer only if it is known how much.
        """
        self.expected_seconds = self._expected(items)

    @property
    def is_guess(self) -> bool:
        """Whether no job of this run has ended."""
        return self.expected_seconds == FIRST_GUESS_SECONDS

    def _expected(self, items: int) -> float:
        if items == self._last_items or not (items and self._last_items):
            return self._last_seconds
        known, last_known = self.known(items), self.known(self._last_items)
        ratio = known / last_known if known and last_known else min(items / self._last_items, 1.0)
        return max(FLOOR_SECONDS, self._last_seconds * ratio)

    def wait_seconds(self, request_count: int) -> float:
        """Return the wait before the next status request, after `request_count` of them."""
        if not request_count:
            return min(self.expected_seconds, CEILING_SECONDS)
        return _step(self.expected_seconds / (1 if self.is_guess else STEPS), request_count)

    def learn(
        self,
        seconds: float,
        running_seconds: float | None,
        *,
        relied_seconds: float,
        items: int = 0,
        is_notified: bool = False,
    ) -> None:
        """Update the estimate with a job that was finished `seconds` after its start.

        `running_seconds` is the time of the last request that found it running, `None` if there was
        none. `relied_seconds` is the estimate at its start. With `is_notified` a notification
        reported the end, so that `seconds` is exact.
        """
        if is_notified:
            self._early_count = 0
            expected = seconds
        elif running_seconds is not None:
            # The job took at least this long. A longer estimate would grow without limit with a
            # server that finishes jobs only when it receives a status request.
            self._early_count = 0
            expected = running_seconds
        elif relied_seconds > EQUAL * self._expected(items):
            # A concurrent job has already lowered the estimate for the same reason.
            return
        else:
            # Finished at the first request, perhaps long before: ask slightly earlier, and much
            # earlier if this repeats. A request that this process made late shows nothing more.
            self._early_count += 1
            expected = min(seconds, relied_seconds) * max(0.4, 1 - 0.04 * self._early_count**2)
        self.expected_seconds = self._last_seconds = max(FLOOR_SECONDS, expected)
        self._last_items = items


def _step(first_seconds: float, number: int) -> float:
    """Return the wait before the next of several requests, counted from 1."""
    growth = GROWTH ** min(number - 1, MOST_GROWTHS)
    return min(max(first_seconds, FLOOR_SECONDS) * growth, CEILING_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """A job to poll until the monotonic clock reaches `overdue_at`.

    If an earlier run submitted the job (not `is_fresh`), its status is requested at once, and this
    run receives no notification about it. `on_end` is called once such a fresh job is finished.
    """

    job_id: str
    overdue_at: float
    batch_id: int = 0
    is_fresh: bool = True
    notifications: Notifications | None = None
    item_count: int = 0
    on_end: OnEnd | None = None


@dataclass(frozen=True, slots=True)
class JobPoller:
    """Polls jobs of one kind; `pace` learns from those that finished."""

    kind: Kind
    client: LivingdocsClient
    clock: Clock
    pace: Pace = field(default_factory=Pace)

    async def poll(self, question: PollRequest, on_answer: Callable[[Job], None]) -> Job:
        """Return the job once it is finished or lost.

        A job in an unknown state counts as running. Raises JobOverdue once the clock reaches
        `overdue_at`, and the errors of the client.
        """
        overdue_at, is_fresh = question.overdue_at, question.is_fresh
        notifications = question.notifications if is_fresh else None
        if is_fresh:
            self.pace.begin(question.item_count)
        known_seconds = self.pace.known(question.item_count)
        waits = _Waits(question.job_id, self.clock, self.pace, notifications, known_seconds)
        if is_fresh:
            await waits.until(overdue_at)
        while True:
            waits.note_request()
            job = await self._ask(question)
            on_answer(job)
            if job.finished or job.is_lost:
                if is_fresh:
                    waits.end(question)
                return job
            if self.clock.monotonic() >= overdue_at:
                raise JobOverdue(
                    f"the import job {question.job_id} is still {job.state!r} after --max-wait"
                )
            await waits.until(overdue_at)

    async def _ask(self, question: PollRequest) -> Job:
        job_id = question.job_id
        left = question.overdue_at - self.clock.monotonic()
        try:
            answer = await self.client.status(
                self.kind.path,
                job_id,
                about=(question.batch_id, job_id),
                within_seconds=left if left > 0 else OVERDUE_ASKING_SECONDS,
            )
            job = self.kind.job_from(answer, job_id)
            if job is None:
                text = f"the answer about job {job_id} is not an import job"
                raise UnexpectedAnswer(text)
        except (RequestRefused, ServerUnavailable, UnexpectedAnswer) as error:
            if isinstance(error, RequestRefused) and _is_job_unknown(error):
                return Job(job_id, "lost", finished=False)
            # A job whose status the server cannot report must not end every later run.
            if self.clock.monotonic() >= question.overdue_at:
                raise JobOverdue(
                    f"the status of import job {job_id} cannot be requested: {error}"
                ) from None
            raise
        return job


@dataclass(slots=True)
class _Waits:
    """The waits between the status requests of one job."""

    job_id: str
    clock: Clock
    pace: Pace
    notifications: Notifications | None
    known_seconds: float | None
    request_count: int = 0
    # Requests after the time that was not known when the job began.
    late_count: int = 0
    is_notified: bool = False
    started: float = field(init=False)
    relied_seconds: float = field(init=False)
    # Times of the last request and of the one before it, not of their answers: the response time is
    # not part of the duration of the job.
    requested_seconds: float = 0.0
    running_seconds: float | None = None

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()
        self.relied_seconds = self.pace.expected_seconds

    def note_request(self) -> None:
        self.running_seconds = self.requested_seconds if self.request_count else None
        self.requested_seconds = self.clock.monotonic() - self.started
        self.request_count += 1

    async def until(self, overdue_at: float) -> None:
        left = overdue_at - self.clock.monotonic()
        seconds = self._pause()
        if self.notifications is None:
            await self.clock.sleep(min(seconds, max(left, FLOOR_SECONDS)))
            return
        # After a premature notification the job is also polled at intervals.
        if not self.is_notified:
            relied = self.notifications.wait_seconds(self.pace.expected_seconds, self.request_count)
            seconds = seconds if relied is None else relied
        seconds = min(seconds, max(left, FLOOR_SECONDS))
        self.is_notified = await self.notifications.wait(self.job_id, seconds)

    def _pause(self) -> float:
        seconds = self.pace.wait_seconds(self.request_count)
        if self.relied_seconds != FIRST_GUESS_SECONDS:
            return seconds
        # The time of jobs was a guess when this one began, and may be known now.
        expected = self.known_seconds if self.pace.is_guess else self.pace.expected_seconds
        if expected is None:
            return seconds
        left = expected - (self.clock.monotonic() - self.started)
        if left > 0:
            guess = _step(FIRST_GUESS_SECONDS, max(self.request_count, 1))
            return min(guess, left)
        self.late_count += 1
        return _step(expected / STEPS, self.late_count)

    def end(self, question: PollRequest) -> None:
        if question.on_end is not None:
            # A notification reports the end at once.
            least = self.requested_seconds if self.is_notified else self.running_seconds
            question.on_end(least or 0.0, self.requested_seconds)
        self.pace.learn(
            self.requested_seconds,
            self.running_seconds,
            relied_seconds=self.relied_seconds,
            items=question.item_count,
            is_notified=self.is_notified,
        )
        if self.notifications is not None:
            self.notifications.end(self.job_id, is_notified=self.is_notified)


def _is_job_unknown(error: RequestRefused) -> bool:
    return error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown
