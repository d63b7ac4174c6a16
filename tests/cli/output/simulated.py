"""A simulated run: its events at the times at which a real run has them, without sending anything.

Records are read in blocks, held back until a thousand are to be sent, and sent in batches of which
two are in flight; reading waits for a free place.
"""

from __future__ import annotations

import heapq
from collections import deque

from ld_import.events import Planned, Settled, Submitted
from ld_import.model import Outcome, State
from tests.makers import make_key

BLOCK, BLOCK_SECONDS = 500, 0.01
BATCH, IN_FLIGHT, HELD_BACK = 100, 2, 1_000


class SimulatedRun:
    """A run over records that are new (True) or unchanged (False)."""

    def __init__(
        self, board, watch, records, *, batch_seconds=lambda now: 2.0, limit=None, only=None
    ):
        self._board, self._watch = board, watch
        self._records, self._limit = records, len(records) if limit is None else limit
        self._only = only
        self._batch_seconds = batch_seconds
        self._held: deque[int] = deque()
        self._ends: list[tuple[float, int, int]] = []
        self._batches = 0
        self.samples: list[tuple[float, float | None]] = []

    def play(self):
        """Run to the end; return the duration, and the estimates of the time left by time."""
        start = self._watch.seconds
        read = to_send = 0
        total = len(self._records)
        while read < total:
            block = self._records[read : read + BLOCK]
            new = min(self._count_new(read, block), self._limit - to_send)
            read += len(block)
            to_send += new
            self._advance(BLOCK_SECONDS)
            left = {"unchanged": read - to_send}
            self._board.update(Planned(read, left, to_send, 0, read / total))
            self._held.extend([1] * new)
            while len(self._held) >= (HELD_BACK if self._batches == 0 else BATCH):
                self._send(BATCH)
        while self._held:
            self._send(min(BATCH, len(self._held)))
        while self._ends:
            self._settle()
        return self._watch.seconds - start, self.samples

    def _count_new(self, start, block):
        if self._only is None:
            return block.count(True)
        return sum(is_new and start + at in self._only for at, is_new in enumerate(block))

    def _send(self, count):
        while len(self._ends) >= IN_FLIGHT:
            self._settle()
        for _ in range(count):
            self._held.popleft()
        self._batches += 1
        self._board.update(Submitted(self._batches, f"job{self._batches}", count))
        end = self._watch.seconds + self._batch_seconds(self._watch.seconds)
        heapq.heappush(self._ends, (end, self._batches, count))

    def _settle(self):
        end, batch, count = heapq.heappop(self._ends)
        self._advance(end - self._watch.seconds)
        outcomes = tuple(Outcome(make_key(at), State.SUCCESS) for at in range(count))
        self._board.update(Settled(batch, f"job{batch}", "success", outcomes))

    def _advance(self, seconds):
        """Let time pass, and note the estimate every tenth of a second."""
        end = self._watch.seconds + max(seconds, 0.0)
        while self._watch.seconds < end:
            self._watch.seconds = min(end, self._watch.seconds + 0.1)
            self.samples.append((self._watch.seconds, self._board.seconds_left()))
