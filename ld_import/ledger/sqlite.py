"""The SQLite backend of `base.Ledger`: one writer at a time, any number of readers.

Its parts read and write rows: `KnownItems`, `BatchReader`, `BatchWriter`, `Runs`, `InvalidRecords`,
`KnownBlocks` and `Digests`. This module owns the connection, the transactions and the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.ledger.archived_items import ArchivedItems
from ld_import.ledger.base import NOT_SENT
from ld_import.ledger.batch_reader import BatchReader
from ld_import.ledger.batch_writer import BatchWriter
from ld_import.ledger.connect import connect, transaction
from ld_import.ledger.corruption import ledger_errors
from ld_import.ledger.digests import Digests
from ld_import.ledger.file_watch import FileWatch
from ld_import.ledger.hard_links import publish_start
from ld_import.ledger.held_items import HeldItems
from ld_import.ledger.invalid_records import InvalidRecords
from ld_import.ledger.known_blocks import KnownBlocks
from ld_import.ledger.known_items import KnownItems
from ld_import.ledger.known_urls import ANY_ITEM, KnownUrls
from ld_import.ledger.media_rows import MediaRows
from ld_import.ledger.runs import Runs
from ld_import.model import (
    Archiving,
    BegunFile,
    Block,
    CreatedItem,
    FailedFile,
    FinishedFile,
    HeldItem,
    Identity,
    Invalid,
    Item,
    ItemKey,
    Job,
    KnownItem,
    LearnedTimes,
    MediaFacts,
    OpenBatch,
    Outcome,
    RunStart,
    SentBlock,
    State,
    Target,
    Upload,
)
from ld_import.redaction import redact

if TYPE_CHECKING:
    from ld_import.ledger.incomplete_media import IncompleteItem, IncompleteMedia, MediaNeed
    from ld_import.ledger.uploads import Uploads


class SqliteLedger:
    """A ledger in one SQLite file, for one target; implements `base.Ledger`.

    `redact` removes secrets from texts of servers and records before they are stored.
    """

    def __init__(
        self,
        path: Path,
        target: Target,
        *,
        read_only: bool = False,
        redact: Callable[[str], str] = redact,
    ) -> None:
        """Open the file; `read_only` neither creates nor changes it. Raises LedgerError."""
        self.path = path
        self._redact = redact
        self._db = connect(path, read_only=read_only)
        self._run_number = 0
        self._is_durable = True
        try:
            with self._errors():
                self._target_id = self._target_id_of(target, read_only=read_only)
                self._open_parts()
            self._watch = None if read_only else FileWatch(self._db, path)
        except BaseException:
            self._db.close()
            raise

    def _open_parts(self) -> None:
        self._blocks = KnownBlocks(self._db, self._target_id)
        self._digests = Digests(self._db, self._target_id)
        self._items = KnownItems(self._db, self._target_id)
        self._held = HeldItems(self._db, self._target_id)
        self._runs = Runs(self._db, self._target_id)
        self._batches = BatchReader(self._db, self._target_id)
        self._writer = BatchWriter(self._db, self._target_id, self._redact)
        self._invalid = InvalidRecords(self._db, self._target_id, self._redact)
        self._archived = ArchivedItems(self._db, self._target_id)
        self._media = MediaRows(self._db, self._redact)

    def close(self) -> None:
        """Close the file; all records are already in it."""
        try:
            if self._watch is not None:
                self._watch.save_again()
        finally:
            self._db.close()

    def check_files(self) -> None:
        """Raise LedgerError if the file was removed or replaced since it was opened."""
        if self._watch is not None:
            self._watch.check()

    def highest_row(self) -> int:
        """Return the highest row number of any item, 0 for an empty ledger."""
        with self._errors():
            return self._items.highest_row()

    def known(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, State]]:
        """Return row and state of the settled items that came from records with these digests."""
        with self._errors():
            return self._digests.known(digests)

    def find(self, keys: Sequence[ItemKey]) -> dict[ItemKey, KnownItem]:
        """Return the items with these keys; unknown keys are omitted."""
        with self._errors():
            return self._items.find(keys)

    def first_run_id(self) -> str:
        """Return the id of the first run of the target, by which ledgers differ; may be empty."""
        with self._errors():
            return self._runs.first_id()

    def held_count(self, system_name: str | None = None) -> int:
        """Return the number of items that the server has according to the ledger."""
        with self._errors():
            return self._held.count(system_name)

    def not_held_count(self, system_name: str | None = None) -> int:
        """Return the number of items that the server does not have according to the ledger."""
        with self._errors():
            return self._held.other_count(system_name)

    def held_rows(self, system_name: str | None = None) -> Iterator[int]:
        """Yield the rows of those items, in ascending order."""
        with self._errors():
            yield from self._held.rows(system_name)

    def held_after(self, row: int, most: int, system_name: str | None = None) -> list[HeldItem]:
        """Return the first of those items after a row."""
        with self._errors():
            return self._held.after(row, most, system_name)

    def held_in(self, rows: Sequence[int]) -> list[HeldItem]:
        """Return the items in these rows."""
        with self._errors():
            return self._held.in_rows(rows)

    def newest_held(self, most: int, until: datetime | None = None) -> list[HeldItem]:
        """Return the successes sent last, up to a time if one is given."""
        with self._errors():
            return self._held.newest(most, until)

    def rows_of_other_content(self) -> frozenset[int]:
        """Return the rows of skipped items whose content the server is not known to hold."""
        with self._errors():
            return self._items.rows_of_other_content()

    def archived_rows(self) -> frozenset[int]:
        """Return the rows whose entry was archived by an undo, and not sent again since."""
        with self._errors():
            return self._archived.rows()

    def shared_media(self) -> list[tuple[str, int, str]]:
        """Return the media ids that several items of this run have, with their number and names."""
        with self._errors():
            return self._items.shared_media(after_batch_id=self._blocks.last_batch_id)

    def open_batches(self) -> Iterator[OpenBatch]:
        """Return the batches that are not settled, oldest first, each read on demand."""
        with self._errors():
            batch_ids = self._batches.open_ids()
        # The list of ids is small. A cursor left open would see rows the caller settles meanwhile.
        return (batch for batch_id in batch_ids if (batch := self._open_batch(batch_id)))

    def _open_batch(self, batch_id: int) -> OpenBatch | None:
        with self._errors():
            return self._batches.open_batch(batch_id, run_number=self._run_number)

    def identity_of(self, manifest: str) -> Identity | None:
        """Return the identity of the last run over this manifest that sent anything."""
        with self._errors():
            return self._runs.identity_of(manifest=manifest)

    def identity_of_file(self, records_file: str) -> Identity | None:
        """Return the identity of the last run over this file of records that sent anything."""
        with self._errors():
            return self._runs.identity_of_file(records_file=records_file)

    def known_urls(self) -> KnownUrls | None:
        """Return the URLs of the items the target has now, `None` if it has no items."""
        with self._errors():
            if self._db.execute(ANY_ITEM, (self._target_id,)).fetchone() is None:
                return None
            return KnownUrls(self._db, self._target_id, redact=self._redact, errors=self._errors)

    def count_sent(self, after: datetime, until: datetime) -> int:
        """Return the number of items in requests of this period that were not declined."""
        with self._errors():
            return self._batches.count_sent(after, until)

    def oldest_sent(self, after: datetime, until: datetime) -> datetime | None:
        """Return the time of the first of those requests."""
        with self._errors():
            return self._batches.oldest_sent(after, until)

    def begin_run(self, start: RunStart) -> None:
        """Record the start of a run."""
        with self._writing():
            self._run_number = self._runs.begin(start)
        with self._errors():
            publish_start(self._db, self.path)

    def learned_times(self) -> LearnedTimes | None:
        """Return what earlier runs learned about the size of batches, `None` if nothing."""
        with self._errors():
            return self._runs.learned_times()

    def end_run(
        self,
        *,
        exit_code: int,
        summary: str,
        ended_at: datetime,
        learned: LearnedTimes | None = None,
    ) -> None:
        """Record the end of the run, and what it learned about the size of batches."""
        self.check_files()
        with self._writing():
            self._runs.end(
                self._run_number, exit_code=exit_code, summary=summary, ended_at=ended_at
            )
            if learned is not None:
                self._runs.learn_times(learned)

    def record_pending(
        self,
        items: Sequence[Item],
        field_hashes: Sequence[bytes],
        *,
        request_digest: bytes,
        now: datetime,
    ) -> int:
        """Record a batch and its attempts before the request is made; return the batch's id."""
        self.check_files()
        with self._writing():
            return self._writer.begin(
                items,
                field_hashes,
                run_number=self._run_number,
                request_digest=request_digest,
                now=now,
            )

    def record_submitted(self, batch_id: int, job: Job, now: datetime) -> None:
        """Record the job the server created for the batch."""
        with self._writing(durable=False):
            self._writer.submit(batch_id, job, now)

    def record_refused(self, batch_id: int, reason: str, now: datetime) -> None:
        """Close a batch that the server declined as a whole."""
        with self._writing():
            self._writer.refuse(batch_id, reason, now)

    def record_settled(
        self, batch_id: int, outcomes: Sequence[Outcome], *, job_state: str, now: datetime
    ) -> None:
        """Close a batch with the outcomes of all its items."""
        with self._writing(durable=False):
            self._writer.settle(batch_id, outcomes, job_state=job_state, now=now)

    def record_adopted(
        self,
        items: Sequence[Item],
        field_hashes: Sequence[bytes],
        outcomes: Sequence[Outcome],
        now: datetime,
    ) -> None:
        """Record items whose entries were found on the server, in one transaction."""
        self.check_files()
        with self._writing():
            batch_id = self._writer.begin(
                items, field_hashes, run_number=self._run_number, request_digest=b"", now=now
            )
            self._writer.settle(batch_id, outcomes, job_state="adopted", now=now)

    def uploads_of(self, keys: Sequence[ItemKey]) -> dict[ItemKey, Upload]:
        """Return the files of these items, as they were before this run."""
        with self._errors():
            return self._files.find(keys, self._run_number)

    def record_begun_files(self, files: Sequence[BegunFile], now: datetime) -> None:
        """Record files *before* their bytes are sent to a storage."""
        with self._writing(durable=False):
            self._files.begin(files, self._run_number, now)

    def record_stored_files(
        self, files: Sequence[FinishedFile], now: datetime
    ) -> Sequence[str | None]:
        """Record files that are stored and verified, in one transaction.

        Returns for each the externalId of another item that has the same object; then it is not
        recorded.
        """
        with self._writing(durable=False):
            return [self._files.store(file, self._run_number, now) for file in files]

    def record_failed_files(
        self,
        items: Sequence[Item],
        outcomes: Sequence[Outcome],
        taken: Collection[ItemKey],
        now: datetime,
    ) -> int:
        """Record items that fail because of their files; return the id of their batch."""
        reasons = [FailedFile(one.key, one.reason or "", one.key in taken) for one in outcomes]
        with self._writing():
            self._files.fail(reasons, self._run_number, now)
            batch_id = self._writer.begin(
                items,
                [b""] * len(items),
                run_number=self._run_number,
                request_digest=b"",
                now=now,
            )
            self._writer.settle(batch_id, outcomes, job_state=NOT_SENT, now=now)
            return batch_id

    def run_named(self, run_id: str) -> tuple[int, str] | None:
        """Return number and activity of a run of this target, `None` if it is unknown."""
        with self._errors():
            return self._archived.run_named(run_id)

    def rows_of_run(self, run_number: int) -> Sequence[int]:
        """Return the rows of the items that a run sent, in ascending order."""
        with self._errors():
            return self._archived.rows_of_run(run_number)

    def sent_in(self, run_number: int, rows: Sequence[int]) -> list[CreatedItem]:
        """Return the items in these rows, which a run sent, with evidence."""
        with self._errors():
            return self._archived.of_run(run_number, rows)

    def begun_archiving(self) -> list[Archiving]:
        """Return the entries whose archiving was begun and has no recorded result."""
        with self._errors():
            return self._archived.begun()

    def record_archiving(self, begun: Sequence[tuple[int, str, bytes]], run_number: int) -> None:
        """Record *before* the requests that entries of a run will be archived.

        Each with row, version and digest.
        """
        self.check_files()
        with self._writing():
            self._archived.begin(begun, run_number)

    def record_archived(
        self, archived: Mapping[int, str], left: Sequence[int], now: datetime
    ) -> None:
        """Record results: the rows whose entry is archived, with reasons, and the rows left."""
        archived = {row: self._redact(reason) for row, reason in archived.items()}
        with self._writing():
            self._archived.end(archived, left, run_number=self._run_number, now=now)

    def record_invalid(self, records: Sequence[Invalid], manifest: str) -> None:
        """Record the problems of invalid records."""
        with self._writing():
            self._invalid.record(records, manifest, run_number=self._run_number)

    def forget_invalid(self, manifest: str) -> None:
        """Delete the invalid records of earlier runs that this run, now complete, settles."""
        with self._writing():
            self._invalid.forget(manifest, run_number=self._run_number)

    def learn_digests(self, digests: Sequence[tuple[int, bytes]]) -> None:
        """Record that unchanged items now come from another record text."""
        with self._writing():
            self._digests.learn(digests)

    def note_digests(self) -> None:
        """Let `known` find the items of all batches so far."""
        with self._errors():
            self._digests.note()

    def known_block(self, digest: bytes) -> Sequence[int] | None:
        """Return the rows of a block without attempts since it was recorded."""
        with self._errors():
            return self._blocks.find(digest)

    def learn_blocks(self, blocks: Sequence[Block], manifest: str) -> None:
        """Record blocks whose records were all settled when this run read them."""
        with self._writing(durable=False):
            self._blocks.learn(blocks, manifest)

    def learn_sent(self, blocks: Sequence[SentBlock], met: Sequence[int], manifest: str) -> None:
        """Record the blocks of which this run sent records, and the digests of other items."""
        with self._writing(durable=False):
            is_covered = self._blocks.learn_sent(blocks, self._writer.sent.known(), manifest)
            self._digests.note_others(is_covered, met)

    def forget_blocks(self, manifest: str, kept: Collection[bytes]) -> None:
        """Delete all blocks of a manifest except those with these digests."""
        with self._writing(durable=False):
            self._blocks.forget(manifest, kept)

    def count_incomplete(self, need: MediaNeed) -> int:
        """Return the number of imported items that lack a fact about their stored file."""
        with self._errors():
            return self._incomplete_media().count(need)

    def incomplete_after(self, row: int, need: MediaNeed, *, limit: int) -> list[IncompleteItem]:
        """Return the next of these items after a row, in the order of their rows."""
        with self._errors():
            return self._incomplete_media().after(row, need, limit=limit)

    @cached_property
    def _files(self) -> Uploads:
        # Only imports with files to upload need it.
        from ld_import.ledger.uploads import Uploads

        return Uploads(self._db, self._target_id, self._redact)

    def _incomplete_media(self) -> IncompleteMedia:
        # Imported here: only the completion of exports needs it.
        from ld_import.ledger.incomplete_media import IncompleteMedia

        return IncompleteMedia(self._db, self._target_id)

    def record_media(self, facts: Sequence[tuple[int, MediaFacts]]) -> None:
        """Record facts about the stored files of items, each with the row of its item."""
        self.check_files()
        with self._writing(durable=False):
            self._media.write(facts)

    def _errors(self) -> AbstractContextManager[None]:
        return ledger_errors(self.path)

    @contextmanager
    def _writing(self, *, durable: bool = True) -> Iterator[None]:
        """Commit the block atomically.

        `durable=False` skips the fsync: a power cut may lose the commit, and the next run recovers
        the outcome from the server. A commit before a request must be durable, so that no request
        is made without a record of it.
        """
        with self._errors():
            if durable is not self._is_durable:
                self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._is_durable = durable
            with transaction(self._db):
                yield

    def _target_id_of(self, target: Target, *, read_only: bool) -> int:
        values = (target.server, target.project, target.kind)
        if not read_only:
            self._db.execute(
                "INSERT OR IGNORE INTO target (server, project, kind) VALUES (?, ?, ?)", values
            )
        row = self._db.execute(
            "SELECT target_id FROM target WHERE server = ? AND project = ? AND kind = ?", values
        ).fetchone()
        # No row has the number 0: a target without a row has no items.
        return int(row[0]) if row else 0
