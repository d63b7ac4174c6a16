"""Retries of requests for a file: attempts, backoff with jitter, and the waits of busy hosts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

import tenacity

from ld_import.assets.base import FileProblem
from ld_import.clock import Pause

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0
LONGEST_RETRY_AFTER_SECONDS = 60.0
# A connection that brought this much was useful: the count of lost ones begins again.
PROGRESS_BYTES = 1024 * 1024

T = TypeVar("T")
_rng = random.Random()  # noqa: S311 (jitter)


class Transient(FileProblem):
    """A failure that a later attempt may not have."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        """Store the wait that the host requests, if any."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unreachable(Transient):
    """A host cannot be connected to."""


def retried(attempt: Callable[[], T], pause: Pause, *, attempts: int = ATTEMPTS) -> T:
    """Call `attempt` until it raises no Transient, at most `attempts` times; raise the last one."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Transient),
        stop=tenacity.stop_after_attempt(attempts),
        wait=_wait_of,
        sleep=pause,
        reraise=True,
    )
    return retrying(attempt)


class LostConnections:
    """Counts connections that were lost in a row without much progress, and waits after each."""

    def __init__(self, pause: Pause) -> None:
        """Wait by `pause`."""
        self._pause = pause
        self._count = 0
        self._byte_count = 0

    def note_bytes(self, count: int) -> None:
        """Note bytes that arrived."""
        self._byte_count += count
        if self._byte_count >= PROGRESS_BYTES:
            self._count = self._byte_count = 0

    def wait_after(self, failure: Transient) -> None:
        """Return when the next attempt may begin. Raises `failure` after too many."""
        self._count += 1
        if self._count >= ATTEMPTS:
            raise failure
        self._pause(_wait_seconds(failure, self._count))


def _wait_of(state: tenacity.RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    return _wait_seconds(failure, state.attempt_number)


def _wait_seconds(failure: BaseException | None, attempt_number: int) -> float:
    if isinstance(failure, Transient) and failure.retry_after_seconds is not None:
        return failure.retry_after_seconds
    ceiling: float = FIRST_WAIT_SECONDS * 2.0 ** (attempt_number - 1)
    return min(ceiling, LONGEST_WAIT_SECONDS) * _rng.uniform(0.5, 1.0)
