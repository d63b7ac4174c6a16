"""Notifications of the server about finished jobs. They only trigger an earlier status request.

Nothing in a notification is trusted except the id of its job; the result is always requested.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict

from ld_import.clock import Clock
from ld_import.events import Listener, Note
from ld_import.pipeline.shutdown import wait_for

# Notifications may arrive before the answer that names their job.
MOST_EARLY = 1000
# This many consecutive jobs finished without a notification show that none arrive.
MOST_SILENT = 2
# After a premature notification the next one for the same job is delayed by this time, doubled each
# time, so that a sender of many notifications does not cause as many requests.
PREMATURE_DELAY_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
SPARE_SECONDS = 5.0
MOST_DOUBLINGS = 10
SILENCE = (
    "jobs finish without a notification from the server: check that it can reach --public-url; the"
    " run now polls its jobs at intervals"
)


class Notifications:
    """The notifications received in one run, by job id and by request token."""

    def __init__(self, clock: Clock, listen: Listener) -> None:
        """Wait by `clock`; `listen` receives one note if notifications do not arrive."""
        self._clock = clock
        self._listen = listen
        self._arrivals: dict[str, asyncio.Event] = {}
        self._early: OrderedDict[str, None] = OrderedDict()
        self._requests: dict[str, asyncio.Event] = {}
        self._job_of_token: dict[str, str] = {}
        self._premature: dict[str, int] = {}
        self._prefix = secrets.token_hex(8)
        self._numbered = 0
        self._silent_in_a_row = 0

    def notice(self, job_id: str, token: str | None = None) -> None:
        """Register a notification, which may be forged or repeated."""
        request = self._requests.get(token or "")
        if request is not None:
            self._job_of_token.setdefault(token or "", job_id)
            request.set()
        if job_id in self._arrivals:
            self._arrivals[job_id].set()
            return
        self._early[job_id] = None
        if len(self._early) > MOST_EARLY:
            self._early.popitem(last=False)

    def expect(self) -> str:
        """Return a token for the next request, which its notification will contain."""
        self._numbered += 1
        token = f"{self._prefix}-{self._numbered}"
        self._requests[token] = asyncio.Event()
        return token

    def forget(self, token: str) -> None:
        """Ignore further notifications for this request."""
        self._requests.pop(token, None)
        self._job_of_token.pop(token, None)

    async def job_of(self, token: str, seconds: float) -> str | None:
        """Return the job of a request without an answer, if a notification names it in time."""
        await wait_for(self._requests[token], self._clock, seconds)
        return self._job_of_token.get(token)

    async def wait(self, job_id: str, seconds: float) -> bool:
        """Return True once a notification names the job, False after `seconds`."""
        premature = self._premature.get(job_id, 0)
        arrival = self._arrivals.setdefault(job_id, asyncio.Event())
        if premature:
            delay = min(PREMATURE_DELAY_SECONDS * 2 ** min(premature - 1, MOST_DOUBLINGS), seconds)
            await self._clock.sleep(delay)
            seconds -= delay
        if job_id in self._early:
            del self._early[job_id]
            arrival.set()
        has_arrived = await wait_for(arrival, self._clock, seconds)
        arrival.clear()
        self._premature[job_id] = premature + has_arrived
        return has_arrived

    def wait_seconds(self, expected_seconds: float, request_count: int) -> float | None:
        """Return how long to wait for a notification; `None` while none arrive.

        `request_count` is the number of status requests for the job so far.
        """
        if self._silent_in_a_row >= MOST_SILENT:
            return None
        seconds: float = (expected_seconds * 1.5 + SPARE_SECONDS) * 2.0 ** min(
            request_count, MOST_DOUBLINGS
        )
        return min(seconds, LONGEST_WAIT_SECONDS)

    def end(self, job_id: str, *, is_notified: bool) -> None:
        """Forget a finished job; `is_notified` if a notification had reported its end."""
        self._arrivals.pop(job_id, None)
        self._premature.pop(job_id, None)
        self._silent_in_a_row = 0 if is_notified else self._silent_in_a_row + 1
        if self._silent_in_a_row == MOST_SILENT:
            self._listen(Note(SILENCE))
