"""The end of a run: the error that ends it, or the time after which no new batch starts."""

from __future__ import annotations

import asyncio

from ld_import.clock import Clock
from ld_import.errors import LdImportError


class RunEnd:
    """Decides whether a run still starts batches."""

    def __init__(self, clock: Clock, max_duration_seconds: float | None) -> None:
        """Measure the duration from now on; `None` sets no limit."""
        self.error: LdImportError | None = None
        # Set together with `error`.
        self.has_error = asyncio.Event()
        self._clock = clock
        self._started = clock.monotonic()
        self._max_seconds = max_duration_seconds

    def end(self, error: LdImportError) -> None:
        """End the run with an error; the first error remains the reason."""
        self.error = self.error or error
        self.has_error.set()

    def is_accepting(self) -> bool:
        """Return whether a new batch may start now."""
        longest = self._max_seconds
        is_late = longest is not None and self._clock.monotonic() - self._started >= longest
        return self.error is None and not is_late

    def is_too_long(self, seconds: float) -> bool:
        """Return whether a wait would exceed the maximum duration."""
        longest = self._max_seconds
        return longest is not None and self._clock.monotonic() + seconds > self._started + longest
