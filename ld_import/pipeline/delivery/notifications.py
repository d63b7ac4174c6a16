"""Notifications of the server: a reason to ask for a job now, and never more than that.

Nothing they say is believed except which job they speak of; the result is always asked for.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict

from ld_import.clock import Clock
from ld_import.events import Listener, Note
from ld_import.pipeline.shutdown import wait_for

# Notifications may come before the answer that names their job.
MOST_EARLY = 1000
# Jobs found finished in a row of which no notification told: they do not get through.
MOST_SILENT = 2
# After a notification that was premature the next one for the same job must wait so long, and
# each time twice as long: whoever sends many of them does not make us ask as often.
VAIN_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
SPARE_SECONDS = 5.0
MOST_DOUBLINGS = 10
SILENCE = (
    "jobs end without a notification of the server: check that it reaches --public-url; they are"
    " asked for at intervals now"
)


class Notifications:
    """What the receiver heard, for those who follow jobs; configured once a run."""

    def __init__(self, clock: Clock, listen: Listener) -> None:
        """Wait by `clock`; tell the listener once when notifications do not arrive."""
        self._clock = clock
        self._listen = listen
        self._heard: dict[str, asyncio.Event] = {}
        self._early: OrderedDict[str, None] = OrderedDict()
        self._requests: dict[str, asyncio.Event] = {}
        self._told: dict[str, str] = {}
        self._vain: dict[str, int] = {}
        self._prefix = secrets.token_hex(8)
        self._numbered = 0
        self._silent_in_a_row = 0

    def notice(self, job_id: str, token: str | None = None) -> None:
        """Take in a notification, true or not, for the first or the tenth time."""
        request = self._requests.get(token or "")
        if request is not None:
            self._told.setdefault(token or "", job_id)
            request.set()
        if job_id in self._heard:
            self._heard[job_id].set()
            return
        self._early[job_id] = None
        if len(self._early) > MOST_EARLY:
            self._early.popitem(last=False)

    def expect(self) -> str:
        """Return the token of a request about to be made, by which its notification is known."""
        self._numbered += 1
        token = f"{self._prefix}-{self._numbered}"
        self._requests[token] = asyncio.Event()
        return token

    def forget(self, token: str) -> None:
        """Expect no notification for this request any more."""
        self._requests.pop(token, None)
        self._told.pop(token, None)

    async def job_of(self, token: str, seconds: float) -> str | None:
        """Return the job that was made of a request without an answer, if it is told in time."""
        await wait_for(self._requests[token], self._clock, seconds)
        return self._told.get(token)

    async def wait(self, job_id: str, seconds: float) -> bool:
        """Return True when a notification speaks of the job, False after so many seconds."""
        vain = self._vain.get(job_id, 0)
        heard = self._heard.setdefault(job_id, asyncio.Event())
        if vain:
            patience = min(VAIN_SECONDS * 2 ** min(vain - 1, MOST_DOUBLINGS), seconds)
            await self._clock.sleep(patience)
            seconds -= patience
        if job_id in self._early:
            del self._early[job_id]
            heard.set()
        is_heard = await wait_for(heard, self._clock, seconds)
        heard.clear()
        self._vain[job_id] = vain + is_heard
        return is_heard

    def wait_seconds(self, expected_seconds: float, asked: int) -> float | None:
        """Return how long to rely on a notification; `None` while none get through."""
        if self._silent_in_a_row >= MOST_SILENT:
            return None
        patience: float = (expected_seconds * 1.5 + SPARE_SECONDS) * 2.0 ** min(
            asked, MOST_DOUBLINGS
        )
        return min(patience, LONGEST_WAIT_SECONDS)

    def end(self, job_id: str, *, is_told: bool) -> None:
        """A job is finished; `is_told` when a notification had said so."""
        self._heard.pop(job_id, None)
        self._vain.pop(job_id, None)
        self._silent_in_a_row = 0 if is_told else self._silent_in_a_row + 1
        if self._silent_in_a_row == MOST_SILENT:
            self._listen(Note(SILENCE))
