"""Stopping on request: a clock whose sleep raises Interrupted once the run is asked to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime

from ld_import.clock import Clock
from ld_import.errors import Interrupted, LdImportError


class StoppableClock:
    """The clock of one run; stopping the run makes every wait on it raise Interrupted.

    Callbacks of `on_stop` end the requests in flight: the client cancels a GET at once and waits a
    few seconds for the answer to a POST or PATCH.
    """

    def __init__(self, clock: Clock) -> None:
        """Wrap `clock`, which measures the time."""
        self._clock = clock
        self._stopped = asyncio.Event()
        self._signal_number = 0
        self._callbacks: list[Callable[[], None]] = []
        self._noted_signal = 0

    def note(self, signal_number: int) -> None:
        """Store a signal for `check`; safe to call from a signal handler at any time."""
        self._noted_signal = self._noted_signal or signal_number

    def check(self) -> None:
        """Raise Interrupted if a signal was noted, also while the event loop is busy."""
        if self._noted_signal:
            raise Interrupted(self._noted_signal)

    @property
    def is_stopped(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stopped.is_set()

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Register a callback, called in the event loop when the run is asked to stop."""
        self._callbacks.append(callback)

    def stop(self, signal_number: int) -> None:
        """Ask the run to stop because of this signal; a second call has no effect."""
        if not self.is_stopped:
            self._signal_number = signal_number
            self._stopped.set()
            for callback in self._callbacks:
                callback()

    def interruption(self) -> Interrupted:
        """Return the error that states why the run stopped."""
        # Without a signal, the task was cancelled, as by Ctrl-C in a Python program.
        return Interrupted(self._signal_number or signal.SIGINT)

    def now(self) -> datetime:
        """Return the current time."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that never decrease."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`; raises Interrupted as soon as the run is asked to stop."""
        if not self.is_stopped:
            if seconds:
                await wait_for(self._stopped, self._clock, seconds)
            else:
                await self._clock.sleep(0)
        if self.is_stopped:
            raise self.interruption()

    async def checkpoint(self) -> None:
        """Yield to other tasks; raises Interrupted if the run was asked to stop."""
        await self.sleep(0)


async def wait_for(event: asyncio.Event, clock: Clock, seconds: float) -> bool:
    """Return True as soon as the event is set, False after `seconds` by `clock`.

    Raises the errors of `clock.sleep`.
    """
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({sleeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        waiting.cancel()
        slept, _ = await asyncio.gather(sleeping, waiting, return_exceptions=True)
    if isinstance(slept, LdImportError):
        raise slept
    return event.is_set()
