"""A job is asked for until it is finished, lost or overdue."""

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

FLOOR_SECONDS = 0.002
CEILING_SECONDS = 30.0
FIRST_GUESS_SECONDS = 0.1
GROWTH = 1.5
# The first step after the expected end is this part of the expected time.
STEPS = 16
# How long to try to ask for a job that is overdue already, retries included.
OVERDUE_ASKING_SECONDS = 30.0
# By then any step has reached the ceiling; more would not fit a number.
MOST_GROWTHS = 60


@dataclass(slots=True)
class Pace:
    """How long jobs of this run take, learned from those that finished.

    The first question comes when a job is expected to be done; a job that is not is asked at
    growing intervals. So neither a fast server is waited for nor a slow one pestered.
    """

    expected_seconds: float = FIRST_GUESS_SECONDS
    _early_count: int = 0

    def wait_seconds(self, asked: int) -> float:
        """Return the wait before the next question, after `asked` of them."""
        if not asked:
            return min(self.expected_seconds, CEILING_SECONDS)
        is_guess = self.expected_seconds == FIRST_GUESS_SECONDS
        step = max(self.expected_seconds / (1 if is_guess else STEPS), FLOOR_SECONDS)
        return min(step * GROWTH ** min(asked - 1, MOST_GROWTHS), CEILING_SECONDS)

    def learn(
        self,
        seconds: float,
        running_seconds: float | None,
        *,
        relied_seconds: float,
        is_told: bool = False,
    ) -> None:
        """Take in that a job, when asked for after so long, was found finished.

        It still ran when it was asked for after `running_seconds`, if it was. `relied_seconds` is
        what was expected when it began. With `is_told` a notification said when it was done, so
        that there is nothing to guess.
        """
        if is_told:
            self._early_count = 0
            expected = seconds
        elif running_seconds is not None:
            # So long it took for certain. To guess beyond that would go up and up with a server
            # that finishes jobs only when it is asked for them.
            self._early_count = 0
            expected = running_seconds
        elif relied_seconds > self.expected_seconds:
            # One of those that ran beside it told the same already.
            return
        else:
            # Done when first asked, perhaps long before: ask a little earlier, and boldly if it
            # goes on so.
            self._early_count += 1
            expected = seconds * max(0.4, 1 - 0.04 * self._early_count**2)
        self.expected_seconds = max(FLOOR_SECONDS, expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """A job to ask for, and for how long: until the monotonic clock reaches `overdue_at`.

    A job that is not `is_fresh` (an earlier run submitted it) is asked for at once, and no
    notification of it reaches this run.
    """

    job_id: str
    overdue_at: float
    batch_id: int = 0
    is_fresh: bool = True
    notifications: Notifications | None = None


@dataclass(frozen=True, slots=True)
class JobPoller:
    """Asks for jobs of one kind; `pace` is learned from those that finished."""

    kind: Kind
    client: LivingdocsClient
    clock: Clock
    pace: Pace = field(default_factory=Pace)

    async def poll(self, question: PollRequest, on_answer: Callable[[Job], None]) -> Job:
        """Return the job once it is finished or lost.

        An unknown state counts as running. Raises JobOverdue once the clock has reached
        `overdue_at`, and the errors of the client.
        """
        overdue_at, is_fresh = question.overdue_at, question.is_fresh
        notifications = question.notifications if is_fresh else None
        rest = _Rest(question.job_id, self.clock, self.pace, notifications)
        if is_fresh:
            await rest.until(overdue_at)
        while True:
            rest.ask()
            job = await self._ask(question)
            on_answer(job)
            if job.finished or job.is_lost:
                if is_fresh:
                    rest.end()
                return job
            if self.clock.monotonic() >= overdue_at:
                raise JobOverdue(
                    f"the import job {question.job_id} is still {job.state!r} after --max-wait"
                )
            await rest.until(overdue_at)

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
                text = f"the answer about job {job_id} is not that of an import job"
                raise UnexpectedAnswer(text)
        except (RequestRefused, ServerUnavailable, UnexpectedAnswer) as error:
            if isinstance(error, RequestRefused) and _is_job_unknown(error):
                return Job(job_id, "lost", finished=False)
            # A job that the server cannot report must not end every run that follows.
            if self.clock.monotonic() >= question.overdue_at:
                raise JobOverdue(f"the import job {job_id} cannot be asked for: {error}") from None
            raise
        return job


@dataclass(slots=True)
class _Rest:
    """The waits between the questions for one job."""

    job_id: str
    clock: Clock
    pace: Pace
    notifications: Notifications | None
    asked: int = 0
    is_told: bool = False
    started: float = field(init=False)
    relied_seconds: float = field(init=False)
    # When the last question was asked, and the one before: how long an answer takes is no part of
    # how long a job takes.
    asked_seconds: float = 0.0
    running_seconds: float | None = None

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()
        self.relied_seconds = self.pace.expected_seconds

    def ask(self) -> None:
        self.running_seconds = self.asked_seconds if self.asked else None
        self.asked_seconds = self.clock.monotonic() - self.started
        self.asked += 1

    async def until(self, overdue_at: float) -> None:
        left = overdue_at - self.clock.monotonic()
        seconds = self.pace.wait_seconds(self.asked)
        if self.notifications is None:
            await self.clock.sleep(min(seconds, max(left, FLOOR_SECONDS)))
            return
        # Once told too early, it is asked for at intervals, too.
        if not self.is_told:
            relied = self.notifications.wait_seconds(self.pace.expected_seconds, self.asked)
            seconds = seconds if relied is None else relied
        seconds = min(seconds, max(left, FLOOR_SECONDS))
        self.is_told = await self.notifications.wait(self.job_id, seconds)

    def end(self) -> None:
        self.pace.learn(
            self.asked_seconds,
            self.running_seconds,
            relied_seconds=self.relied_seconds,
            is_told=self.is_told,
        )
        if self.notifications is not None:
            self.notifications.end(self.job_id, is_told=self.is_told)


def _is_job_unknown(error: RequestRefused) -> bool:
    return error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown
