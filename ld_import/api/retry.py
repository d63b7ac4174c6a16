"""The retry policy: number of attempts, backoff with jitter, and `Retry-After`.

A request that changes something is retried only if the server certainly did not accept it. If that
is unknown, `AnswerLost` is raised and the ledger decides.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import httpx

from ld_import.api.dates import date_from
from ld_import.clock import Clock
from ld_import.errors import ApiError

# Imported for the first retry: most requests succeed at once.
if TYPE_CHECKING:
    import tenacity

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
TOTAL_SECONDS = 600.0
ATTEMPTS = 8
# A server that never answered is more likely a wrong address than an unavailable server.
ATTEMPTS_BEFORE_FIRST_ANSWER = 4


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry about to be made; `attempt` is its number, starting at 2.

    `about` is the value that the caller passed with the request.
    """

    reason: str
    wait_seconds: float
    attempt: int
    about: object = None


class Transient(Exception):
    """A failure that a retry may not have; carries the error to raise after the last attempt."""

    def __init__(self, error: ApiError, *, retry_after_seconds: float | None = None) -> None:
        """Store the error to raise at the end and the wait that the server requests."""
        super().__init__(str(error))
        self.error = error
        self.retry_after_seconds = retry_after_seconds


class Retrier:
    """Retries the requests of one client: counts retries, waits by the clock, calls `on_retry`."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        on_retry: Callable[[Retry], None] | None = None,
        *,
        attempts: int | None = None,
    ) -> None:
        """Create a retrier; `on_retry` only observes, it cannot change the decision."""
        self._attempts = attempts
        self.retried = 0
        self.is_answered = False
        self._clock = clock
        self._rng = rng
        self._on_retry = on_retry

    async def call(
        self,
        attempt: Callable[[], Awaitable[T]],
        about: object = None,
        *,
        within_seconds: float | None = None,
    ) -> T:
        """Call `attempt` until it succeeds and return its result; raise the last error.

        No attempt begins and no wait ends later than `within_seconds` from now.
        """
        total = TOTAL_SECONDS if within_seconds is None else min(within_seconds, TOTAL_SECONDS)
        ends_at = self._clock.monotonic() + total
        waits_end_at = math.inf if within_seconds is None else ends_at
        try:
            try:
                return await attempt()
            except Transient as failure:
                first = failure
            return await self._again(attempt, first, about, ends_at, waits_end_at)
        except Transient as failure:
            raise failure.error from None

    async def _again(
        self,
        attempt: Callable[[], Awaitable[T]],
        first: Transient,
        about: object,
        ends_at: float,
        waits_end_at: float,
    ) -> T:
        """Continue after the `first` attempt, which failed; raise the last failure."""
        import tenacity

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=partial(self._is_exhausted, ends_at),
            wait=partial(self._wait_seconds, waits_end_at),
            sleep=self._clock.sleep,
            before_sleep=partial(self._before_retry, about),
            reraise=True,
        )
        failures = [first]

        async def next_attempt() -> T:
            if failures:
                raise failures.pop()
            return await attempt()

        return await retrying(next_attempt)

    def _is_exhausted(self, ends_at: float, state: tenacity.RetryCallState) -> bool:
        usual = ATTEMPTS if self.is_answered else ATTEMPTS_BEFORE_FIRST_ANSWER
        attempts = self._attempts or usual
        return state.attempt_number >= attempts or self._clock.monotonic() >= ends_at

    def _wait_seconds(self, ends_at: float, state: tenacity.RetryCallState) -> float:
        longest = max(0.0, ends_at - self._clock.monotonic())
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, Transient) and failure.retry_after_seconds is not None:
            return min(failure.retry_after_seconds, longest)
        ceiling: float = FIRST_WAIT_SECONDS * 2.0 ** (state.attempt_number - 1)
        wait = min(ceiling, LONGEST_WAIT_SECONDS) * self._rng.uniform(0.5, 1.0)
        return min(wait, longest)

    def _before_retry(self, about: object, state: tenacity.RetryCallState) -> None:
        self.retried += 1
        failure = state.outcome.exception() if state.outcome else None
        if self._on_retry is not None:
            wait = state.next_action.sleep if state.next_action else 0.0
            self._on_retry(Retry(str(failure), wait, state.attempt_number + 1, about))


def retry_after_seconds(answer: httpx.Response, clock: Clock) -> float | None:
    """Return the wait that `Retry-After` requests, at most five minutes; `None` if invalid."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    moment = date_from(text)
    if moment is None:
        return None
    return min(max(0.0, (moment - clock.now()).total_seconds()), LONGEST_RETRY_AFTER_SECONDS)
