"""Stopping on request: a clock whose sleep ends in Interrupted once somebody asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from ld_import.clock import Clock
from ld_import.errors import Interrupted, LdImportError


class StoppableClock:
    """The clock of one run; stopping the run ends every wait by it with Interrupted.

    Requests under way are ended by the callbacks of `on_stop`: the client cancels a GET at once
    and waits a few seconds for the answer to a POST or PATCH.
    """

    def __init__(self, clock: Clock) -> None:
        """Measure time by `clock`."""
        self._clock = clock
        self._stopped = asyncio.Event()
        self._signal_number = 0
        self._callbacks: list[Callable[[], None]] = []
        self._noted_signal = 0

    def note(self, signal_number: int) -> None:
        """Remember a signal for `check`; safe in a signal handler, at any moment."""
        self._noted_signal = self._noted_signal or signal_number

    def check(self) -> None:
        """Raise Interrupted when the run is to stop, also while the event loop is busy."""
        if self._noted_signal:
            raise Interrupted(self._noted_signal)

    @property
    def is_stopped(self) -> bool:
        """Whether the run is to stop."""
        return self._stopped.is_set()

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call `callback` in the event loop when the run is to stop."""
        self._callbacks.append(callback)

    def stop(self, signal_number: int) -> None:
        """Ask the run to stop, because of this signal; asking twice changes nothing."""
        if not self.is_stopped:
            self._signal_number = signal_number
            self._stopped.set()
            for callback in self._callbacks:
                callback()

    def interruption(self) -> Interrupted:
        """Return the error that tells why the run stopped."""
        return Interrupted(self._signal_number)

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds; raises Interrupted as soon as the run is to stop."""
        if self.is_stopped:
            raise self.interruption()
        if not seconds:
            await self._clock.sleep(0)
            return
        if await wait_for(self._stopped, self._clock, seconds):
            raise self.interruption()

    async def checkpoint(self) -> None:
        """Let other tasks run. Raises Interrupted as soon as the run is to stop."""
        await self.sleep(0)


async def wait_for(event: asyncio.Event, clock: Clock, seconds: float) -> bool:
    """Return True as soon as the event is set, False after so many seconds by `clock`.

    Raises what sleeping by that clock raises.
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
