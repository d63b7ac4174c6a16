"""The control of transfers in threads: stop, limit of the bandwidth, and the bytes so far."""

from __future__ import annotations

import threading

from ld_import.assets.base import Stopped
from ld_import.clock import Clock, SystemClock

# A pause is at most this long, so that a request to stop is noticed.
LONGEST_PAUSE_SECONDS = 0.5


class Control:
    """Stops, limits and counts the transfers of a process; each piece is reported to it."""

    def __init__(self, bytes_per_second: float | None = None, clock: Clock | None = None) -> None:
        """Limit the bandwidth of all transfers together; `None` sets no limit."""
        self._limit = bytes_per_second
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._free_at = self._clock.monotonic()
        self._moved = 0

    @property
    def moved_bytes(self) -> int:
        """The number of bytes that were read from sources to be stored."""
        return self._moved

    def stop(self) -> None:
        """Make each call of `take` and `check` raise Stopped."""
        self._stop.set()

    def check(self) -> None:
        """Raise Stopped if the run is to stop."""
        if self._stop.is_set():
            raise Stopped

    def take(self, count: int) -> None:
        """Count bytes, and wait until the limit allows them. Raises Stopped."""
        self.check()
        with self._lock:
            self._moved += count
            if self._limit is None:
                return
            now = self._clock.monotonic()
            self._free_at = max(self._free_at, now) + count / self._limit
            free_at = self._free_at
        self.pause(free_at - now)

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            self._stop.wait(min(left, LONGEST_PAUSE_SECONDS))
            self.check()
