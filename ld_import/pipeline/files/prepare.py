"""Prepares the files of items that will be sent: fetched, probed and stored, several at a time.

Before bytes are sent, the ledger knows the file as begun; an item is sent only when its object is
verified and recorded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ld_import.assets.base import FileResult, NotPrepared, Prepared, Stopped
from ld_import.events import Settled, Transferred
from ld_import.ledger.base import NOT_SENT
from ld_import.model import (
    BegunFile,
    FinishedFile,
    Invalid,
    Item,
    ItemKey,
    Outcome,
    Send,
    State,
    StoredFile,
    Upload,
    UploadState,
)
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.planning.chunk import ItemCheck
from ld_import.pipeline.tally import Tally
from ld_import.validation import Finding, FindingGroups, Level

# The longest time between two reports of progress.
REPORT_SECONDS = 0.5
# The time that transfers get to end when the run stops.
STOP_SECONDS = 5.0
# Files are begun in groups of this part of those that may be in flight.
GROUPS = 4
# In place of a version: another object was under the key of the file, so that this import did not
# begin an object that is there.
TAKEN = 0
SETTLED = (State.SUCCESS, State.SKIPPED)


class Preparer(Protocol):
    """Prepares one file after the other, several at a time; see `assets.executor.Executor`."""

    @property
    def capacity(self) -> int:
        """The number of files that may be in flight."""
        ...

    @property
    def at_once(self) -> int:
        """The number of files that are transferred at the same time; the others wait."""
        ...

    @property
    def moved_bytes(self) -> int:
        """The number of bytes read so far."""
        ...

    def begin(self, item: Item, version: int, upload: Upload | None) -> Future[FileResult]:
        """Begin to prepare the file of an item, whose content would have this version."""
        ...

    def final_item(self, item: Item, prepared: Prepared) -> Item | Invalid:
        """Return the item with its asset, or the problems that it has."""
        ...

    def flush(self) -> None:
        """Begin everything that waits for more."""
        ...

    def stop(self) -> None:
        """Begin nothing more, and end what is in flight soon."""
        ...


@dataclass(slots=True)
class Transfers:
    """Counts of the files of a run."""

    stored: int = 0
    same: int = 0
    failed: int = 0
    sent_bytes: int = 0


@dataclass(slots=True)
class FilePreparation:
    """The stage between the plan and the batches; items without a file pass it at once.

    `check` returns the check of items against the project, `None` without one. No further file is
    begun, and none is waited for, once `is_accepting` returns false.
    """

    preparer: Preparer
    tools: RunTools
    tally: Tally
    check: Callable[[], ItemCheck | None]
    is_accepting: Callable[[], bool] = lambda: True
    transfers: Transfers = field(default_factory=Transfers)
    warnings: FindingGroups = field(default_factory=FindingGroups)
    _in_flight: dict[asyncio.Future[FileResult], Send] = field(default_factory=dict)
    _ended: deque[asyncio.Future[FileResult]] = field(default_factory=deque)
    _has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def add(self, sends: Sequence[Send]) -> AsyncIterator[Sequence[Send]]:
        """Begin to prepare items, and yield those that are ready to be sent.

        Waits while too many are in flight. Raises the error that ends all preparation.
        """
        yield [send for send in sends if not send.item.file]
        waiting = [send for send in sends if send.item.file]
        while waiting and self.is_accepting():
            free = self.preparer.capacity - len(self._in_flight)
            # In groups: each one is one transaction of the ledger.
            if free >= min(len(waiting), max(1, self.preparer.capacity // GROUPS)):
                self._begin(waiting[:free])
                del waiting[:free]
            if waiting or len(self._in_flight) >= self.preparer.capacity:
                yield await self._some()

    async def rest(self) -> Sequence[Send]:
        """Return the next items that are ready; empty if none is in flight."""
        self.preparer.flush()
        while self._in_flight and self.is_accepting():
            if ready := await self._some():
                return ready
        return []

    async def end(self) -> None:
        """Stop, and record what has ended a few seconds later; nothing of it is sent."""
        self.preparer.stop()
        if not self._in_flight:
            return
        await asyncio.wait(self._in_flight, timeout=STOP_SECONDS)
        stored = [
            (send, result)
            for send, future in self._taken()
            if isinstance(result := _result_of(future), Prepared)
        ]
        self._record(stored)
        for _, prepared in stored:
            self._count(prepared)
        self._in_flight.clear()

    def _begin(self, sends: Sequence[Send]) -> None:
        ledger = self.tools.ledger
        uploads = ledger.uploads_of([send.item.key for send in sends])
        versions = {send.item.key: _version(uploads.get(send.item.key)) for send in sends}
        begun = [
            BegunFile(
                send.item.key,
                send.item.file,
                "",
                TAKEN if is_taken(uploads.get(send.item.key)) else versions[send.item.key],
            )
            for send in sends
        ]
        ledger.record_begun_files(begun, self.tools.clock.now())
        for send in sends:
            key = send.item.key
            future = asyncio.wrap_future(
                self.preparer.begin(send.item, versions[key], uploads.get(key))
            )
            self._in_flight[future] = send
            # Unlike `asyncio.wait`, it costs the same however many are in flight.
            future.add_done_callback(self._note_end)

    def _note_end(self, future: asyncio.Future[FileResult]) -> None:
        self._ended.append(future)
        self._has_ended.set()

    def _taken(self) -> list[tuple[Send, asyncio.Future[FileResult]]]:
        """Return the items whose preparation has ended, with its futures."""
        taken = [(self._in_flight.pop(future), future) for future in self._ended]
        self._ended.clear()
        self._has_ended.clear()
        return taken

    async def _some(self) -> list[Send]:
        """Wait until files have ended, and return the items that are ready."""
        await self.tools.checkpoint()
        if not self._ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(REPORT_SECONDS):
                    await self._has_ended.wait()
        ended = [(send, _result_of(future), future) for send, future in self._taken()]
        prepared = [(send, result) for send, result, _ in ended if isinstance(result, Prepared)]
        failures = [
            (send.item, result.reason)
            for send, result, _ in ended
            if isinstance(result, NotPrepared)
        ]
        ready = self._finish(prepared, failures)
        taken = [
            send.item.key
            for send, result, _ in ended
            if isinstance(result, NotPrepared) and result.is_taken
        ]
        self._fail(failures, taken)
        self._report()
        for _, _, future in ended:
            _raise(future)
        return ready

    def _finish(
        self, prepared: Sequence[tuple[Send, Prepared]], failures: list[tuple[Item, str]]
    ) -> list[Send]:
        ready: list[Send] = []
        for (send, result), owner in zip(prepared, self._record(prepared), strict=True):
            if owner is not None:
                failures.append((send.item, _shared_key(result.file, owner)))
                continue
            self._count(result)
            final = self._final_item(send, result, failures)
            if final is None:
                continue
            if _is_unchanged(send, final):
                self.tally.note_unchanged(send)
            else:
                ready.append(send._replace(item=final))
        return ready

    def _record(self, prepared: Sequence[tuple[Send, Prepared]]) -> Sequence[str | None]:
        if not prepared:
            return ()
        files = [
            FinishedFile(send.item.key, result.identity, result.file) for send, result in prepared
        ]
        return self.tools.ledger.record_stored_files(files, self.tools.clock.now())

    def _final_item(
        self, send: Send, prepared: Prepared, failures: list[tuple[Item, str]]
    ) -> Item | None:
        item = send.item
        for text in prepared.warnings:
            name = item.key.external_id
            self.warnings.add(Finding(Level.WARNING, item.line, name, "file", text))
        final = self.preparer.final_item(item, prepared)
        problems = final.problems if isinstance(final, Invalid) else self._problems_of(final)
        if problems or isinstance(final, Invalid):
            failures.append((item, "; ".join(problem.text for problem in problems)))
            return None
        return final

    def _problems_of(self, item: Item) -> Sequence[Any]:
        check = self.check()
        return check.item(item).problems if check is not None else ()

    def _count(self, prepared: Prepared) -> None:
        if prepared.is_same:
            self.transfers.same += 1
        else:
            self.transfers.stored += 1
            self.transfers.sent_bytes += prepared.sent_bytes

    def _fail(self, failures: Sequence[tuple[Item, str]], taken: Collection[ItemKey]) -> None:
        if not failures:
            return
        self.transfers.failed += len(failures)
        outcomes = [Outcome(item.key, State.FAILED, reason) for item, reason in failures]
        items = [item for item, _ in failures]
        now = self.tools.clock.now()
        batch_id = self.tools.ledger.record_failed_files(items, outcomes, taken, now)
        self.tools.listen(Settled(batch_id, None, NOT_SENT, tuple(outcomes)))

    def _report(self) -> None:
        counts = self.transfers
        self.tools.listen(
            Transferred(
                counts.stored,
                counts.same,
                counts.failed,
                min(len(self._in_flight), self.preparer.at_once),
                self.preparer.moved_bytes,
            )
        )

    def summary(self) -> Mapping[str, int]:
        """Return the counts for the summary of the run."""
        counts = self.transfers
        return {
            "stored": counts.stored,
            "same": counts.same,
            "failed": counts.failed,
            "bytes": counts.sent_bytes,
        }


def _version(upload: Upload | None) -> int:
    """Return the number of the content that would be stored next."""
    return 1 if upload is None or upload.stored is None else upload.stored.version + 1


def is_taken(upload: Upload | None) -> bool:
    """Return whether another object was under the key of the file, and none was stored since."""
    return upload is not None and upload.version == TAKEN


def is_begun(upload: Upload | None, version: int) -> bool:
    """Return whether an earlier attempt may have stored an object for this content."""
    if upload is None or upload.version != version:
        return False
    return upload.state is not UploadState.STORED


def _result_of(future: asyncio.Future[FileResult]) -> FileResult | None:
    return None if future.cancelled() or future.exception() else future.result()


def _raise(future: asyncio.Future[FileResult]) -> None:
    """Raise the error of a future, unless it was only stopped."""
    if future.cancelled():
        return
    error = future.exception()
    if error is not None and not isinstance(error, Stopped):
        raise error


def _is_unchanged(send: Send, final: Item) -> bool:
    known = send.known
    return known is not None and known.state in SETTLED and known.checksum == final.checksum


def _shared_key(file: StoredFile, owner: str) -> str:
    return (
        f"its key {file.key!r} in the storage {file.storage!r} is also that of {owner!r}; let the"
        " template `key` of the storage contain the externalId"
    )
