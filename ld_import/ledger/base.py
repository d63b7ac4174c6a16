"""The contract of a ledger for the pipeline: one target, one writing run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from ld_import.model import (
    BegunFile,
    Block,
    DuplicateUrls,
    FinishedFile,
    Identity,
    Invalid,
    Item,
    ItemKey,
    Job,
    KnownItem,
    LearnedTimes,
    OpenBatch,
    Outcome,
    RunStart,
    SentBlock,
    State,
    Upload,
)

# The job state of a batch without a request: its items failed before it.
NOT_SENT = "notSent"


class Ledger(Protocol):
    """The record of all attempts for one target.

    Every `record_…` method is one transaction. After it returns, a crash of the process cannot undo
    it; if it raises LedgerError, nothing was written. A power cut cannot undo `record_pending` or
    earlier transactions. It may undo later ones; the next run recovers the outcomes from the
    server, as after a crash. Methods that read *never* write.
    """

    def highest_row(self) -> int:
        """Return the highest row number of any item, 0 for an empty ledger."""
        ...

    def known(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, State]]:
        """Return row and state of the settled items that came from records with these digests.

        Only items sent before the last call of `note_digests` are found.
        """
        ...

    def find(self, keys: Sequence[ItemKey]) -> dict[ItemKey, KnownItem]:
        """Return the items with these keys; keys that were never sent are omitted."""
        ...

    def rows_of_other_content(self) -> frozenset[int]:
        """Return the rows of skipped items whose content the server is not known to hold."""
        ...

    def archived_rows(self) -> frozenset[int]:
        """Return the rows whose entry was archived by an undo, and not sent again since."""
        ...

    def shared_media(self) -> list[tuple[str, int, str]]:
        """Return the media ids that several items sent in this run have in common.

        Each with the number of its items and their externalIds, separated by commas.
        """
        ...

    def open_batches(self) -> Iterator[OpenBatch]:
        """Return the batches that are not settled *now*, oldest first.

        Each batch is read on demand, so that memory does not grow with their number. It is *safe
        to* settle batches and to begin new ones while iterating. Each step may raise LedgerError.
        """
        ...

    def identity_of(self, manifest: str) -> Identity | None:
        """Return the identity of the last run over this manifest that sent anything, or `None`."""
        ...

    def identity_of_file(self, records_file: str) -> Identity | None:
        """Return the identity of the last run over this records file that sent anything."""
        ...

    def known_urls(self) -> KnownUrls | None:
        """Return the URLs of the items the target has now, `None` if it has no items."""
        ...

    def count_sent(self, after: datetime, until: datetime) -> int:
        """Return the number of items in requests of this period that were not declined.

        A request dated later than `until` does not count: the clock was ahead then.
        """
        ...

    def oldest_sent(self, after: datetime, until: datetime) -> datetime | None:
        """Return the time of the first of those requests."""
        ...

    def begin_run(self, start: RunStart) -> None:
        """Record the start of a run; called *exactly once*, before any other record."""
        ...

    def learned_times(self) -> LearnedTimes | None:
        """Return what earlier runs learned about the size of batches, `None` if nothing."""
        ...

    def end_run(
        self,
        *,
        exit_code: int,
        summary: str,
        ended_at: datetime,
        learned: LearnedTimes | None = None,
    ) -> None:
        """Record the end of the run, and what it learned about the size of batches.

        Raises LedgerError if the ledger was removed or replaced.
        """
        ...

    def record_pending(
        self,
        items: Sequence[Item],
        field_hashes: Sequence[bytes],
        *,
        request_digest: bytes,
        now: datetime,
    ) -> int:
        """Record a batch and its attempts *before* the request is made; return the batch's id.

        Raises LedgerError if the ledger was removed or replaced since it was opened.
        """
        ...

    def record_submitted(self, batch_id: int, job: Job, now: datetime) -> None:
        """Record the job the server created for the batch."""
        ...

    def record_refused(self, batch_id: int, reason: str, now: datetime) -> None:
        """Close a batch that the server declined as a whole."""
        ...

    def record_settled(
        self, batch_id: int, outcomes: Sequence[Outcome], *, job_state: str, now: datetime
    ) -> None:
        """Close a batch with the outcomes of *all* its items; safe to repeat.

        A refused batch stays refused, even if some of its items get an outcome.
        """
        ...

    def uploads_of(self, keys: Sequence[ItemKey]) -> dict[ItemKey, Upload]:
        """Return the files of these items; those that this run has changed are omitted.

        So all records of a key are decided on alike.
        """
        ...

    def record_begun_files(self, files: Sequence[BegunFile], now: datetime) -> None:
        """Record files *before* their bytes are sent to a storage."""
        ...

    def record_stored_files(
        self, files: Sequence[FinishedFile], now: datetime
    ) -> Sequence[str | None]:
        """Record files that are stored and verified.

        Returns for each the externalId of another item that has the same object; then it is not
        recorded.
        """
        ...

    def record_failed_files(
        self,
        items: Sequence[Item],
        outcomes: Sequence[Outcome],
        taken: Collection[ItemKey],
        now: datetime,
    ) -> int:
        """Record items that fail because of their files; return the id of their batch.

        Nothing of them is sent. `taken` are the items with another object under their key.
        """
        ...

    def record_invalid(self, records: Sequence[Invalid], manifest: str) -> None:
        """Record the problems of invalid records."""
        ...

    def forget_invalid(self, manifest: str) -> None:
        """Delete the invalid records of earlier runs that this run, now complete, settles.

        These are the records of this manifest, those of the same export with an earlier date in
        its name, and those whose externalId was sent since. Invalid records of other manifests
        stay.
        """
        ...

    def learn_digests(self, digests: Sequence[tuple[int, bytes]]) -> None:
        """Record, as (row, digest), that unchanged items now come from another record text."""
        ...

    def note_digests(self) -> None:
        """Let `known` find the items of all batches so far; safe to repeat and to omit."""
        ...

    def known_block(self, digest: bytes) -> Sequence[int] | None:
        """Return the rows of a block, `None` if any of them had an attempt since it was recorded.

        All returned rows are settled, as success or skipped.
        """
        ...

    def learn_blocks(self, blocks: Sequence[Block], manifest: str) -> None:
        """Record blocks of which *every* record was settled when this run read it."""
        ...

    def learn_sent(self, blocks: Sequence[SentBlock], met: Sequence[int], manifest: str) -> None:
        """Record at the end of a run the blocks of which it sent records, if all are settled.

        Like `note_digests`, it lets `known` find the items that were sent, except those in the
        blocks, and those in the rows `met`.
        """
        ...

    def forget_blocks(self, manifest: str, kept: Collection[bytes]) -> None:
        """Delete all blocks of a manifest except those with these digests."""
        ...


class KnownUrls(Protocol):
    """The URLs of the items a target has at one moment; items added later are not compared."""

    def tally(self) -> UrlTally:
        """Return an empty tally, which the caller must close."""
        ...


class UrlTally(Protocol):
    """New items to be compared with the known ones by URL; memory use is constant."""

    def add(self, items: Iterable[Item]) -> None:
        """Add new items."""
        ...

    def duplicates(self, is_met: Callable[[int], bool]) -> DuplicateUrls:
        """Compare the items added so far with the known ones whose row this run did not meet.

        Items that never arrived do not count, nor do URLs that more than a few known items share.
        A URL counts once for each pair of a new item and a known item that was not met.
        """
        ...

    def max_duplicates(self, rows: Sequence[int]) -> int:
        """Return the highest possible number of duplicates if only these rows were not met."""
        ...

    def close(self) -> None:
        """Remove all items."""
        ...


class Seen(Protocol):
    """The keys met in this run; temporary data that is lost when the run ends."""

    def get(self, key: ItemKey) -> tuple[int, bytes] | None:
        """Return line and checksum of the first record with this key, or `None`."""
        ...

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Store the first record with this key; return the one stored before, or `None`."""
        ...

    def put_all(self, items: Sequence[Item]) -> dict[int, tuple[int, bytes]]:
        """Put the keys of all items, in order; return what was stored before, by position."""
        ...
