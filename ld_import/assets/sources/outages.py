"""Hosts that could not be reached lately: their next files get one attempt instead of four.

Otherwise a host that is away costs a minute of waiting for each of its files.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from ld_import.assets.sources.retry import ATTEMPTS, Unreachable, retried
from ld_import.clock import Pause

REMEMBERED_SECONDS = 60.0
MOST_HOSTS = 1_000

T = TypeVar("T")


class Outages:
    """The hosts that are away, for all threads of a process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Know of none yet."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._away_since: dict[str, float] = {}

    def retried(self, host: str, attempt: Callable[[], T], pause: Pause) -> T:
        """Call `attempt` as `retry.retried` does, once only if the host was away a minute ago."""
        attempts = 1 if self._is_away(host) else ATTEMPTS
        try:
            result = retried(attempt, pause, attempts=attempts)
        except Unreachable:
            self._note(host)
            raise
        self._away_since.pop(host, None)
        return result

    def clear(self) -> None:
        """Forget all hosts."""
        with self._lock:
            self._away_since.clear()

    def _is_away(self, host: str) -> bool:
        since = self._away_since.get(host)
        return since is not None and self._monotonic() - since < REMEMBERED_SECONDS

    def _note(self, host: str) -> None:
        with self._lock:
            if len(self._away_since) >= MOST_HOSTS:
                self._away_since.clear()
            self._away_since[host] = self._monotonic()
