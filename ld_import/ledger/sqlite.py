"""The SQLite backend: one writer at a time, readers welcome."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from ld_import.ledger.connect import connect, transaction
from ld_import.ledger.corruption import CorruptValue, ledger_errors
from ld_import.ledger.dated_exports import is_earlier_export
from ld_import.ledger.digests import Digests
from ld_import.ledger.file_watch import FileWatch
from ld_import.ledger.hard_links import note_start
from ld_import.ledger.known_blocks import KnownBlocks
from ld_import.ledger.known_urls import ANY_ITEM, KnownUrls
from ld_import.ledger.row_validation import (
    count_from,
    identity_from,
    known_item_from,
    moment_from,
    open_batch_from,
)
from ld_import.ledger.sql import (
    FIND_ITEMS,
    FORGET_SENT_SINCE,
    INSERT_ATTEMPT,
    ITEMS_OF_BATCH,
    LAST_IDENTITY,
    OPEN_BATCH,
    OTHER_CONTENT,
    OTHERS_WITH_INVALID,
    REFUSE_ITEMS,
    ROWS_OF_BATCH,
    SETTLE_ATTEMPT,
    SETTLE_ATTEMPTS,
    SETTLE_ITEM,
    SHARED_MEDIA,
    STRANGE_BATCH,
    UPSERT_ITEM,
    placeholders,
)
from ld_import.ledger.stored_text import encodable, storable
from ld_import.model import (
    Block,
    Content,
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
    Target,
)
from ld_import.redaction import redact

T = TypeVar("T")


class SqliteLedger:
    """A ledger in one SQLite file, seen from one target; fulfils `base.Ledger`.

    `redact` takes the secrets out of what servers and records say, before it is written.
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
        self._durable = True
        # Of the batches that this run has begun and not yet closed.
        self._rows_in_flight: dict[int, dict[ItemKey, int]] = {}
        try:
            with self._errors():
                self._target_id = self._target_id_of(target, read_only=read_only)
                self._blocks = KnownBlocks(self._db, self._target_id)
                self._digests = Digests(self._db, self._target_id)
            self._watch = None if read_only else FileWatch(self._db, path)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; everything recorded is already in it."""
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
            return int(self._db.execute("SELECT max(item_id) FROM item").fetchone()[0] or 0)

    def known(self, digests: Sequence[bytes]) -> dict[bytes, tuple[int, State]]:
        """Return row and state of the items that came from records with these digests."""
        with self._errors():
            return self._digests.known(digests)

    def find(self, keys: Sequence[ItemKey]) -> dict[ItemKey, KnownItem]:
        """Return what is remembered of these items."""
        found: dict[ItemKey, KnownItem] = {}
        with self._errors():
            for system_name, names in _by_system(keys).items():
                rows = self._db.execute(
                    FIND_ITEMS.format(placeholders(names)),
                    (self._target_id, system_name, *names),
                )
                for name, *rest in rows:
                    found[ItemKey(system_name, name)] = known_item_from(*rest)
        return found

    def rows_of_other_content(self) -> frozenset[int]:
        """Return the rows of skipped items of which the server is not known to hold the content."""
        with self._errors():
            found = self._db.execute(OTHER_CONTENT, (self._target_id,))
            return frozenset(row for (row,) in found)

    def shared_media(self) -> list[tuple[str, int, str]]:
        """Return the media ids that several items sent in this run have, with number and names."""
        with self._errors():
            return list(self._db.execute(SHARED_MEDIA, (self._blocks.last_batch_id,)))

    def open_batches(self) -> Iterator[OpenBatch]:
        """Return the batches that have not settled, oldest first, each read when asked for."""
        with self._errors():
            self._check_batches()
            found = self._db.execute(
                "SELECT batch_id FROM batch"
                " WHERE target_id = ? AND state IN ('pending', 'submitted') ORDER BY batch_id",
                (self._target_id,),
            ).fetchall()
        # The numbers alone are few and small; rows half read would see what the caller settles.
        return (batch for (batch_id,) in found if (batch := self._open_batch(batch_id)))

    def identity_of(self, manifest: str) -> Identity | None:
        """Return what made the keys when this manifest last sent anything."""
        return self._last_identity("manifest", manifest)

    def identity_of_file(self, records_file: str) -> Identity | None:
        """Return what made the keys when records of this file were last sent."""
        return self._last_identity("records_file", records_file)

    def known_urls(self) -> KnownUrls | None:
        """Return the URLs of the items the target has now, `None` if it has no items."""
        with self._errors():
            if self._db.execute(ANY_ITEM, (self._target_id,)).fetchone() is None:
                return None
            return KnownUrls(self._db, self._target_id, redact=self._redact, errors=self._errors)

    def count_sent(self, after: datetime, until: datetime) -> int:
        """Count the items in requests between two moments that the server did not decline."""
        return self._sent("coalesce(sum(item_count), 0)", count_from, after, until) or 0

    def oldest_sent(self, after: datetime, until: datetime) -> datetime | None:
        """Return when the first of those requests was made."""
        return self._sent("min(created_at)", moment_from, after, until)

    def begin_run(self, start: RunStart) -> None:
        """Note that a run begins."""
        values = (
            start.run_id,
            self._target_id,
            start.manifest,
            start.records_file,
            start.system_name,
            start.external_id_template,
            encodable(start.command),
            encodable(start.host),
            start.pid,
            _seconds(start.started_at),
        )
        with self._writing():
            self._run_number = self._inserted(
                "INSERT INTO run (run_id, target_id, manifest, records_file, system_name,"
                " external_id_template, command, host, pid, started_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        with self._errors():
            note_start(self._db, self.path)

    def end_run(self, *, exit_code: int, summary: str, ended_at: datetime) -> None:
        """Note how the run ended."""
        self.check_files()
        with self._writing():
            self._db.execute(
                "UPDATE run SET ended_at = ?, exit_code = ?, summary = ? WHERE run_number = ?",
                (_seconds(ended_at), exit_code, summary, self._run_number),
            )

    def record_pending(
        self,
        items: Sequence[Item],
        field_hashes: Sequence[bytes],
        *,
        request_digest: bytes,
        now: datetime,
    ) -> int:
        """Write a batch and its attempts before the request is made; return the batch's id."""
        self.check_files()
        at = _seconds(now)
        with self._writing():
            batch_id = self._inserted(
                "INSERT INTO batch (run_number, target_id, item_count, request_digest, state,"
                " created_at) VALUES (?, ?, ?, ?, 'pending', ?)",
                (self._run_number, self._target_id, len(items), request_digest, at),
            )
            before = self.highest_row()
            self._db.executemany(
                UPSERT_ITEM,
                (
                    self._item_row(one, hashes, batch_id, at)
                    for one, hashes in zip(items, field_hashes, strict=True)
                ),
            )
            if self.highest_row() - before == len(items):
                # Where all are new, their rows are the next ones.
                rows = {one.key: row for row, one in enumerate(items, before + 1)}
            else:
                rows = self._row_of_each([one.key for one in items])
            self._db.executemany(INSERT_ATTEMPT, ((batch_id, rows[one.key]) for one in items))
        self._rows_in_flight[batch_id] = rows
        return batch_id

    def record_submitted(self, batch_id: int, job: Job, now: datetime) -> None:
        """Write the job the server made of the batch."""
        with self._writing(durable=False):
            self._db.execute(
                "UPDATE batch SET state = 'submitted', job_id = ?, job_state = ?, submitted_at = ?"
                " WHERE batch_id = ?",
                (job.job_id, storable(job.state), _seconds(now), batch_id),
            )

    def record_refused(self, batch_id: int, reason: str, now: datetime) -> None:
        """Close a batch of which the server took in nothing."""
        told, at = self._stored(reason), _seconds(now)
        with self._writing():
            self._db.execute(
                "UPDATE batch SET state = 'refused', reason = ?, settled_at = ? WHERE batch_id = ?",
                (told, at, batch_id),
            )
            self._db.execute(SETTLE_ATTEMPTS, (State.REFUSED, told, batch_id))
            self._db.execute(REFUSE_ITEMS, (told, at, batch_id, batch_id))
        self._rows_in_flight.pop(batch_id, None)

    def record_settled(
        self, batch_id: int, outcomes: Sequence[Outcome], *, job_state: str, now: datetime
    ) -> None:
        """Close a batch with the outcomes of all its items."""
        at = _seconds(now)
        told = [(one.state, one.reason and self._stored(one.reason)) for one in outcomes]
        with self._writing(durable=False):
            rows = self._rows_in_flight.get(batch_id) or self._rows_of_batch(batch_id)
            self._db.execute(
                "UPDATE batch SET job_state = ?, settled_at = ?,"
                " state = CASE state WHEN 'refused' THEN state ELSE 'settled' END"
                " WHERE batch_id = ?",
                (storable(job_state), at, batch_id),
            )
            self._db.executemany(
                SETTLE_ITEM,
                (
                    (*each, one.media_id, at, rows[one.key], batch_id, _is_held(one), one.held)
                    for one, each in zip(outcomes, told, strict=True)
                ),
            )
            if len(told) == len(rows) and len(set(told)) == 1:
                self._db.execute(SETTLE_ATTEMPTS, (*told[0], batch_id))
            else:
                self._db.executemany(
                    SETTLE_ATTEMPT,
                    (
                        (*each, batch_id, rows[one.key])
                        for one, each in zip(outcomes, told, strict=True)
                    ),
                )
        self._rows_in_flight.pop(batch_id, None)

    def record_invalid(self, records: Sequence[Invalid], manifest: str) -> None:
        """Write what is wrong with records that cannot become items."""
        with self._writing():
            self._db.executemany(
                "INSERT OR REPLACE INTO invalid VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        self._target_id,
                        manifest,
                        one.line,
                        one.external_id and encodable(one.external_id),
                        orjson.dumps([self._stored(each.text) for each in one.problems]).decode(),
                        self._run_number,
                    )
                    for one in records
                ),
            )

    def forget_invalid(self, manifest: str) -> None:
        """Drop what earlier runs wrote of invalid records that this run, now complete, settles."""
        with self._writing():
            others = self._db.execute(
                OTHERS_WITH_INVALID, (self._target_id, manifest, self._run_number)
            )
            replaced = [name for (name,) in others if is_earlier_export(name, than=manifest)]
            self._db.executemany(
                "DELETE FROM invalid WHERE target_id = ? AND manifest = ? AND run_number <> ?",
                ((self._target_id, name, self._run_number) for name in (manifest, *replaced)),
            )
            self._db.execute(FORGET_SENT_SINCE, (self._target_id,))

    def learn_digests(self, digests: Sequence[tuple[int, bytes]]) -> None:
        """Remember that unchanged items now come from another record text."""
        with self._writing():
            self._digests.learn(digests)

    def note_digests(self) -> None:
        """Let `known` find the items of all batches so far."""
        with self._errors():
            self._digests.note()

    def known_block(self, digest: bytes) -> Sequence[int] | None:
        """Return the rows of a block, if nothing was tried at any of them since."""
        with self._errors():
            return self._blocks.find(digest)

    def learn_blocks(self, blocks: Sequence[Block], manifest: str) -> None:
        """Remember blocks of which every record was found settled in this run."""
        with self._writing(durable=False):
            self._blocks.learn(blocks, manifest)

    def forget_blocks(self, manifest: str, kept: Collection[bytes]) -> None:
        """Drop all blocks of a manifest but those with these digests."""
        with self._writing(durable=False):
            self._blocks.forget(manifest, kept)

    def _stored(self, text: str) -> str:
        """Return what is stored of a text that a server or a record brought."""
        return storable(self._redact(text))

    def _last_identity(self, column: str, value: str) -> Identity | None:
        with self._errors():
            statement = LAST_IDENTITY.format(column)
            row = self._db.execute(statement, (self._target_id, value)).fetchone()
            return identity_from(*row) if row else None

    def _errors(self) -> AbstractContextManager[None]:
        return ledger_errors(self.path)

    @contextmanager
    def _writing(self, *, durable: bool = True) -> Iterator[None]:
        """Commit what happens inside; unless it is lasting a power cut may undo it.

        Waiting for the disk is what a commit costs. It is necessary before a request, so that none
        is made that nobody knows of; how one ended is asked for again where it is lost.
        """
        with self._errors():
            if durable is not self._durable:
                self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with transaction(self._db):
                yield

    def _row_of_each(self, keys: Sequence[ItemKey]) -> dict[ItemKey, int]:
        rows: dict[ItemKey, int] = {}
        for system_name, names in _by_system(keys).items():
            found = self._db.execute(
                "SELECT external_id, item_id FROM item WHERE target_id = ? AND system_name = ?"
                f" AND external_id IN ({placeholders(names)})",
                (self._target_id, system_name, *names),
            )
            rows.update((ItemKey(system_name, name), row) for name, row in found)
        return rows

    def _rows_of_batch(self, batch_id: int) -> dict[ItemKey, int]:
        found = self._db.execute(ROWS_OF_BATCH, (batch_id,))
        return {ItemKey(system_name, name): row for system_name, name, row in found}

    def _target_id_of(self, target: Target, *, read_only: bool) -> int:
        values = (target.server, target.project, target.kind)
        if not read_only:
            self._db.execute(
                "INSERT OR IGNORE INTO target (server, project, kind) VALUES (?, ?, ?)", values
            )
        row = self._db.execute(
            "SELECT target_id FROM target WHERE server = ? AND project = ? AND kind = ?", values
        ).fetchone()
        # 0 is no row's number: a target nobody wrote to has no items.
        return int(row[0]) if row else 0

    def _inserted(self, statement: str, values: Sequence[Any]) -> int:
        return int(self._db.execute(statement, values).lastrowid or 0)

    def _item_row(self, item: Item, field_hashes: bytes, batch_id: int, at: int) -> tuple[Any, ...]:
        return (
            self._target_id,
            *_pair(item.key),
            item.checksum,
            item.record_digest,
            field_hashes,
            batch_id,
            self._redact(item.url),
            item.file_name,
            item.line,
            at,
            at,
        )

    def _check_batches(self) -> None:
        # A batch whose state is another word would be open for ever, and nobody would look at it.
        for (state,) in self._db.execute(STRANGE_BATCH):
            raise CorruptValue(f"no batch has the state {state!r}")

    def _open_batch(self, batch_id: int) -> OpenBatch | None:
        """Return a batch, `None` if it was settled meanwhile."""
        with self._errors():
            batch = self._db.execute(OPEN_BATCH, (self._run_number, batch_id)).fetchone()
            if batch is None:
                return None
            rows = self._db.execute(ITEMS_OF_BATCH, (batch_id,)).fetchall()
            job_id, created_at, item_count, *later_runs = batch
            return open_batch_from(batch_id, job_id, created_at, item_count, later_runs, rows)

    def _sent(
        self, what: str, value_from: Callable[[Any], T], after: datetime, until: datetime
    ) -> T | None:
        with self._errors():
            (value,) = self._db.execute(
                f"SELECT {what} FROM batch WHERE target_id = ? AND created_at > ?"
                " AND created_at <= ? AND state <> 'refused'",
                (self._target_id, _seconds(after), _seconds(until)),
            ).fetchone()
            return None if value is None else value_from(value)


def _is_held(outcome: Outcome) -> bool:
    """Return whether the server holds what was sent last."""
    is_same = outcome.state is State.SKIPPED and outcome.content is Content.SAME
    return outcome.state is State.SUCCESS or is_same


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _by_system(keys: Iterable[ItemKey]) -> dict[str, list[str]]:
    names_of: dict[str, list[str]] = {}
    for key in keys:
        names_of.setdefault(key.system_name, []).append(key.external_id)
    return names_of


def _pair(key: ItemKey) -> tuple[str, str]:
    return key.system_name, key.external_id
