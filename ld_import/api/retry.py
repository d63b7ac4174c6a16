"""The one opinion on retries: which trouble is worth another attempt, and how long to wait.

A request that changes something is repeated only when it certainly was not taken in; when that is
open, `AnswerLost` goes up and the ledger decides.
"""

from __future__ import annotations

import os
import random
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeGuard, TypeVar

import httpx
import tenacity

from ld_import.api.dates import date_from
from ld_import.clock import Clock
from ld_import.errors import AnswerLost, ApiError, ServerUnavailable

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
TOTAL_SECONDS = 600.0
ATTEMPTS = 8
# A server that never answered is more likely a wrong address than a server in trouble.
ATTEMPTS_BEFORE_FIRST_ANSWER = 4


UNREACHABLE = (
    "check --server and the network, then run the same command again; it continues where it stopped"
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """One more attempt is about to be made: why, after which wait, and the how-manieth it is.

    `about` is what the caller said the request is about; it means nothing here.
    """

    reason: str
    wait_seconds: float
    attempt: int
    about: object = None


class Transient(Exception):  # noqa: N818 - never leaves this room
    """Trouble that another attempt may not meet; carries what to raise when it does."""

    def __init__(self, error: ApiError, *, retry_after_seconds: float | None = None) -> None:
        """Keep the error for the end and the wait the server asked for."""
        super().__init__(str(error))
        self.error = error
        self.retry_after_seconds = retry_after_seconds


class Patience:
    """Retries of one client: counts them, waits by the clock, tells an observer."""

    def __init__(
        self, clock: Clock, rng: random.Random, on_retry: Callable[[Retry], None] | None = None
    ) -> None:
        """Hand in time, chance and who wants to know; observers cannot steer."""
        self.retried = 0
        self.is_answered = False
        self._clock = clock
        self._rng = rng
        self._on_retry = on_retry

    async def persist(self, attempt: Callable[[], Awaitable[T]], about: object = None) -> T:
        """Return what `attempt` returns, however often it must be made; raise what remains."""
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=self._is_enough,
            wait=self._wait_seconds,
            sleep=self._clock.sleep,
            before_sleep=partial(self._tell, about),
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except Transient as trouble:
            raise trouble.error from None

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        attempts = ATTEMPTS if self.is_answered else ATTEMPTS_BEFORE_FIRST_ANSWER
        return state.attempt_number >= attempts or state.idle_for >= TOTAL_SECONDS

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        trouble = state.outcome.exception() if state.outcome else None
        if isinstance(trouble, Transient) and trouble.retry_after_seconds is not None:
            return min(trouble.retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS)
        ceiling: float = FIRST_WAIT_SECONDS * 2.0 ** (state.attempt_number - 1)
        return min(ceiling, LONGEST_WAIT_SECONDS) * self._rng.uniform(0.5, 1.0)

    def _tell(self, about: object, state: tenacity.RetryCallState) -> None:
        self.retried += 1
        trouble = state.outcome.exception() if state.outcome else None
        if self._on_retry is not None:
            wait = state.next_action.sleep if state.next_action else 0.0
            self._on_retry(Retry(str(trouble), wait, state.attempt_number + 1, about))


def retry_after_seconds(answer: httpx.Response, clock: Clock) -> float | None:
    """Read `Retry-After`, given in seconds or as a date; `None` when it is missing or senseless."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    moment = date_from(text)
    return max(0.0, (moment - clock.now()).total_seconds()) if moment else None


def trouble_from(
    error: httpx.TransportError | ssl.SSLError, *, what: str, changes: bool
) -> ApiError | Transient:
    """Say what a broken connection means: worth another attempt, ambiguous, or final."""
    cause = _root_of(error)
    reason = _reason_of(cause)
    # Only while connecting: a request that was under way may have been taken in.
    if isinstance(error, httpx.ConnectError) and _is_lasting(cause):
        return ServerUnavailable(
            f"{what}: no secure connection: {reason}", is_declined=True, hint=_tls_hint(cause)
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.ProxyError):
        return ServerUnavailable(f"{what}: {reason}", is_declined=True)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        unreachable = f"{what}: no connection: {reason}"
        return Transient(ServerUnavailable(unreachable, is_declined=True, hint=UNREACHABLE))
    if changes:
        return AnswerLost(f"{what}: the answer was lost: {reason}")
    return Transient(ServerUnavailable(f"{what}: no answer: {reason}", is_declined=True))


def _is_lasting(cause: BaseException) -> TypeGuard[ssl.SSLError]:
    # A handshake that was cut may succeed next time; one that was declined will not.
    is_cut = isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return isinstance(cause, ssl.SSLError) and not is_cut


def _root_of(error: BaseException) -> BaseException:
    # httpx says "All connection attempts failed"; why is told by the error it came from.
    root = error
    while (before := root.__cause__ or root.__context__) is not None:
        # NOTE: any other context is what the caller was dealing with when it asked.
        if root.__cause__ is None and not isinstance(before, OSError):
            break
        root = before
    return root


def _reason_of(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLError):
        # What Python fills in from OpenSSL; not every SSLError came from there.
        told, reason = (getattr(cause, name, "") for name in ("verify_message", "reason"))
        return told or (reason or str(cause)).replace("_", " ").lower()
    if isinstance(cause, socket.gaierror):
        return f"the name of the host is not known ({cause.strerror})"
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return str(cause) or type(cause).__name__


def _tls_hint(cause: ssl.SSLError) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "name the server's certificate authority with --ca-file, or mend its certificate"
    return "check scheme and port of --server: something without TLS seems to answer there"
