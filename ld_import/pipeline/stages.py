"""The parts of a run: its stages, its limits and its counting listener."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ld_import.events import Event, Listener, Settled, Submitted
from ld_import.pipeline.brake import Brake
from ld_import.pipeline.delivery.bisect_jobs import JobBisector
from ld_import.pipeline.delivery.send import BatchSender
from ld_import.pipeline.planning.batch_size import BatchSize
from ld_import.pipeline.planning.batching import Batcher
from ld_import.pipeline.planning.double_guard import DoubleGuard
from ld_import.pipeline.quota import Quota
from ld_import.pipeline.tally import Tally

# Loaded only for files to upload.
if TYPE_CHECKING:
    from ld_import.pipeline.files.prepare import FilePreparation


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The user's limits on a run.

    `parallel` is the number of batches in flight. After `max_duration_seconds` no new batch starts.
    No more than `most_items` are sent.
    """

    parallel: int = 2
    most_items: int | None = None
    max_duration_seconds: float | None = None
    is_waiting_for_quota: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages of a run; `deliverer` wraps `sender`, its innermost stage.

    `size` is the number of items in a batch. `guard` is `None` if known media may be imported under
    new ids. `files` is `None` if no storage is configured.
    """

    batcher: Batcher
    quota: Quota
    sender: BatchSender
    deliverer: JobBisector
    size: BatchSize
    guard: DoubleGuard | None = None
    files: FilePreparation | None = None


@dataclass(frozen=True, slots=True)
class ManifestNames:
    """The name of a manifest in the ledger, and the name of its records file in messages."""

    manifest: str
    records_file: str


class RunEvents:
    """The listener of a run: counts events, passes outcomes to the brake, and forwards all.

    `contact` is set once the first batch is submitted or settled. Until then it is unknown whether
    the server responds, and one batch is enough to find out.
    """

    def __init__(self, listen: Listener, brake: Brake) -> None:
        """Count in a new tally, and forward events to `listen`."""
        self.tally = Tally()
        self.brake = brake
        self.contact = asyncio.Event()
        self._listen = listen

    def __call__(self, event: Event) -> None:
        """Count an event and forward it."""
        if isinstance(event, Submitted | Settled):
            self.tally(event)
            self.brake(event)
            self.contact.set()
        self._listen(event)
