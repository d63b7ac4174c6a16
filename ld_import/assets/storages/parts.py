"""The number of parts that all large files of a process send at the same time.

Memory depends on it: a single large file is sent with several parts at once, many with one each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

MOST_SHARED = 6


class PartsInFlight:
    """Gives each large file a number of parts, at least one."""

    def __init__(self, shared: int = MOST_SHARED) -> None:
        """Begin with all parts free."""
        self._free = shared
        self._lock = Lock()

    @contextmanager
    def taken(self) -> Iterator[int]:
        """Yield the number of parts for one file, half of the free ones."""
        with self._lock:
            mine = self._free // 2
            self._free -= mine
        try:
            yield max(1, mine)
        finally:
            with self._lock:
                self._free += mine
