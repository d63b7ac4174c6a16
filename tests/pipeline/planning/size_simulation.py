"""Simulates imports with learned and with fixed batch sizes by arithmetic, without real time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from math import inf

from ld_import.model import SendReason
from ld_import.pipeline.delivery.poll import Pace
from ld_import.pipeline.planning.batch_size import BatchSize
from ld_import.pipeline.planning.last_batches import JobInFlight, LastBatches
from ld_import.pipeline.tally import Tally


@dataclass(frozen=True)
class Server:
    """A job takes `fixed_seconds`, and `item_seconds` for each item, give or take the noise.

    Jobs of more than `most_items` fail, and any job with the probability `failures`. Without
    `is_polled` the answer to the request has the results.
    """

    item_seconds: float
    fixed_seconds: float = 0.1
    noise: float = 0.1
    most_items: float = inf
    failures: float = 0.0
    is_polled: bool = True


@dataclass
class Simulation:
    """The import of `count` items with `parallel` jobs in flight; failed jobs are halved.

    The number of items that remain is unknown to the run unless `is_end_known`.
    """

    server: Server
    size: BatchSize
    count: int
    parallel: int = 2
    seed: int = 1
    is_end_known: bool = True
    durations: list[tuple[int, float]] = field(default_factory=list)
    failed_count: int = 0

    def run(self) -> float:
        """Return the seconds until the end of the last job."""
        self._rng = random.Random(self.seed)
        self._pace = Pace(known=self.size.seconds_of)
        left = self.count
        sharing = self._sharing()
        # Failed jobs are sent again in halves by the lane that sent them.
        parts: list[deque[int]] = [deque() for _ in range(self.parallel)]
        jobs: list[JobInFlight | None] = [None] * self.parallel
        events = [(0.0, lane, 0, 0.0, 0.0, False) for lane in range(self.parallel)]
        last = 0.0
        while events:
            now, lane, items, least, most, is_part = heapq.heappop(events)
            last = max(last, now)
            if items and not self._end(items, least, most, parts[lane], is_part=is_part):
                self.failed_count += 1
            if (job := jobs[lane]) is not None and not parts[lane]:
                sharing.end(job)
            is_part = bool(parts[lane])
            if is_part:
                items = parts[lane].popleft()
            else:
                items = min(sharing.next_size(now) if sharing.is_next() else self.size.size, left)
                left -= items
                jobs[lane] = sharing.begin(items, now) if items else None
            if items:
                least, most = self._seconds(items)
                heapq.heappush(events, (now + most, lane, items, least, most, is_part))
        return last

    def _sharing(self) -> LastBatches:
        tally = Tally(read=self.count, is_read_to_end=self.is_end_known)
        tally.to_send[SendReason.NEW] = self.count
        return LastBatches(self.size, tally, self.parallel)

    def _end(
        self, items: int, least: float, most: float, parts: deque[int], *, is_part: bool
    ) -> bool:
        server = self.server
        self.durations.append((items, most))
        if items > 1 and (items > server.most_items or self._rng.random() < server.failures):
            parts.extend((items // 2, items - items // 2))
            if not is_part:
                self.size.note_failure(items)
            return False
        self.size.note_job(items, least, most)
        return True

    def _seconds(self, items: int) -> tuple[float, float]:
        server = self.server
        factor = self._rng.uniform(1 - server.noise, 1 + server.noise)
        seconds = factor * (server.fixed_seconds + items * server.item_seconds)
        return self._polled(items, seconds) if server.is_polled else (seconds, seconds)

    def _polled(self, items: int, seconds: float) -> tuple[float, float]:
        """Return the times of the last status request that found it running, and of the end."""
        self._pace.begin(items)
        relied = self._pace.expected_seconds
        least, most, count = 0.0, 0.0, 0
        while most < seconds:
            least, most = most, most + self._pace.wait_seconds(count)
            count += 1
        self._pace.learn(most, least or None, items=items, relied_seconds=relied)
        return least, most
