"""The parts of a run: its stages, its limits, and the listener that counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ld_import.events import Event, Listener, Settled, Submitted
from ld_import.pipeline.delivery.bisect_jobs import JobBisector
from ld_import.pipeline.delivery.send import BatchSender
from ld_import.pipeline.planning.batching import Batcher
from ld_import.pipeline.planning.double_guard import DoubleGuard
from ld_import.pipeline.quota import Quota
from ld_import.pipeline.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the user allows a run: batches in flight, seconds until no new one is taken."""

    parallel: int = 2
    max_duration_seconds: float | None = None
    is_waiting_for_quota: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages of a run: `sender` is the innermost one of `deliverer`, which wraps it.

    `guard` is `None` where known media may be imported under new ids.
    """

    batcher: Batcher
    quota: Quota
    sender: BatchSender
    deliverer: JobBisector
    guard: DoubleGuard | None = None


@dataclass(frozen=True, slots=True)
class ManifestNames:
    """The name of a manifest in the ledger, and the file with its records in messages."""

    manifest: str
    records_file: str


class RunEvents:
    """The listener of a run: counts events, and passes them on.

    `contact` is set once the first batch is submitted or settled: until then it is unknown whether
    a server answers, and one batch is enough to find out.
    """

    def __init__(self, listen: Listener) -> None:
        """Count in a new tally, and pass events on to this listener."""
        self.tally = Tally()
        self.contact = asyncio.Event()
        self._listen = listen

    def __call__(self, event: Event) -> None:
        """Count an event and pass it on."""
        if isinstance(event, Submitted | Settled):
            self.tally(event)
            self.contact.set()
        self._listen(event)
