"""The contract of a ledger, as the pipeline sees it: one target, one writing run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from ld_import.model import (
    Block,
    DuplicateUrls,
    Identity,
    Invalid,
    Item,
    ItemKey,
    Job,
    KnownItem,
    OpenBatch,
    Outcome,
    RunStart,
    State,
)


class Ledger(Protocol):
    """The memory of all attempts at one target.

    Every `record_…` method is one transaction: when it returns, a crash cannot undo it; when it
    raises LedgerError, nothing of it was written. A power cut cannot undo `record_pending` and what
    came before it; what came after it may be lost, and is found out like the end of a crashed run.
    Reading never writes.
    """

    def highest_row(self) -> int:
        """Return the highest row number of any item, 0 for an empty ledger."""
        ...

    def known(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, State]]:
        """Return row and state of the settled items that came from records with these digests.

        Only those sent before `note_digests` was last called are found.
        """
        ...

    def find(self, keys: Sequence[ItemKey]) -> dict[ItemKey, KnownItem]:
        """Return what is remembered of these items; keys never sent are not in the answer."""
        ...

    def rows_of_other_content(self) -> frozenset[int]:
        """Return the rows of skipped items of which the server is not known to hold the content."""
        ...

    def shared_media(self) -> list[tuple[str, int, str]]:
        """Return the media ids that several items sent in this run have, with number and names.

        The names are externalIds, separated by commas.
        """
        ...

    def open_batches(self) -> Iterator[OpenBatch]:
        """Return the batches that have not settled *now*, oldest first.

        Each is read when it is asked for, so that any number of them takes no memory; it is *safe
        to* settle batches and to begin new ones in between. Asking for the next may raise
        LedgerError, too.
        """
        ...

    def identity_of(self, manifest: str) -> Identity | None:
        """Return what made the keys when this manifest last sent anything, `None` if never."""
        ...

    def identity_of_file(self, records_file: str) -> Identity | None:
        """Return what made the keys when records of this file were last sent, `None` if never."""
        ...

    def known_urls(self) -> KnownUrls | None:
        """Return the URLs of the items the target has now, `None` if it has no items."""
        ...

    def count_sent(self, after: datetime, until: datetime) -> int:
        """Count the items in requests between two moments that the server did not decline.

        A request dated later than `until`, while the clock was ahead, is not among them.
        """
        ...

    def oldest_sent(self, after: datetime, until: datetime) -> datetime | None:
        """Return when the first of those requests was made."""
        ...

    def begin_run(self, start: RunStart) -> None:
        """Note that a run begins; called *exactly once*, before anything else is recorded."""
        ...

    def end_run(self, *, exit_code: int, summary: str, ended_at: datetime) -> None:
        """Note how the run ended; raises LedgerError if the ledger was removed or replaced."""
        ...

    def record_pending(
        self,
        items: Sequence[Item],
        field_hashes: Sequence[bytes],
        *,
        request_digest: bytes,
        now: datetime,
    ) -> int:
        """Write a batch and its attempts *before* the request is made; return the batch's id.

        Raises LedgerError if the ledger was removed or replaced since it was opened.
        """
        ...

    def record_submitted(self, batch_id: int, job: Job, now: datetime) -> None:
        """Write the job the server made of the batch."""
        ...

    def record_refused(self, batch_id: int, reason: str, now: datetime) -> None:
        """Close a batch of which the server took in nothing."""
        ...

    def record_settled(
        self, batch_id: int, outcomes: Sequence[Outcome], *, job_state: str, now: datetime
    ) -> None:
        """Close a batch with the outcomes of *all* its items; safe to repeat.

        A refused batch stays refused, whatever outcomes some of its items get.
        """
        ...

    def record_invalid(self, records: Sequence[Invalid], manifest: str) -> None:
        """Write what is wrong with records that cannot become items."""
        ...

    def forget_invalid(self, manifest: str) -> None:
        """Drop what earlier runs wrote of invalid records that this run, now complete, settles.

        These are the records of this manifest; those of the same export under an earlier date; and
        those whose externalId was sent since. What is invalid in other manifests stays.
        """
        ...

    def learn_digests(self, digests: Sequence[tuple[int, bytes]]) -> None:
        """Remember by (row, digest) that an unchanged item now comes from another record text."""
        ...

    def note_digests(self) -> None:
        """Let `known` find the items of all batches so far; safe to repeat, and to leave out."""
        ...

    def known_block(self, digest: bytes) -> Sequence[int] | None:
        """Return the rows of a block, if nothing was tried at any of them since it was learned.

        All of them are settled then, as success or skipped.
        """
        ...

    def learn_blocks(self, blocks: Sequence[Block], manifest: str) -> None:
        """Remember blocks of which *every* record was found settled in this run."""
        ...

    def forget_blocks(self, manifest: str, kept: Collection[bytes]) -> None:
        """Drop all blocks of a manifest but those with these digests."""
        ...


class KnownUrls(Protocol):
    """The URLs of the items a target had at one moment; items added later are not compared."""

    def tally(self) -> UrlTally:
        """Return an empty tally; the caller closes it."""
        ...


class UrlTally(Protocol):
    """New items, to be compared with the known ones by their URLs; in flat memory."""

    def add(self, items: Iterable[Item]) -> None:
        """Add new items."""
        ...

    def duplicates(self, is_met: Callable[[int], bool]) -> DuplicateUrls:
        """Compare the items added so far with the known ones whose row was not met.

        Items that never arrived do not count, nor do URLs that more than a few known items share.
        A URL counts as often as it has both a new item and a known one that was not met.
        """
        ...

    def max_duplicates(self, rows: Sequence[int]) -> int:
        """Return how many doubles there can be at most if only these rows were not met."""
        ...

    def close(self) -> None:
        """Remove all items."""
        ...


class Seen(Protocol):
    """The keys met in this run; a scratch memory that does not outlive it."""

    def get(self, key: ItemKey) -> tuple[int, bytes] | None:
        """Return line and checksum under which a key was first put."""
        ...

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Remember the first record with this key; return what was put before, if anything."""
        ...
