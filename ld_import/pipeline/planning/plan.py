"""Decides about records: send, leave or invalid. Reads the ledger and writes nothing.

A record whose text is settled in the ledger is left without being parsed; if a whole block of them
is known, without being looked up. Most records of a nightly run are left this way.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count, repeat

from ld_import.ledger.base import Ledger, Seen
from ld_import.model import (
    Block,
    Decision,
    Invalid,
    Item,
    ItemKey,
    KnownItem,
    Leave,
    LeaveReason,
    Record,
    Remark,
    Send,
    SendReason,
    new_send,
)
from ld_import.pipeline.planning.block_reader import BlockReader
from ld_import.pipeline.planning.chunk import Chunk, ItemCheck, PlannerState, Rules
from ld_import.pipeline.planning.compare import (
    reason_for,
    reason_for_archived,
    repeated,
    states_left_unread,
)
from ld_import.pipeline.planning.items import ItemReader
from ld_import.pipeline.planning.record_blocks import blocks


class Planner:
    """Decides by the `rules` about the records of one manifest, in order and in constant memory.

    Items that would be sent are checked by `check`. If `is_check_awaited`, the planner asks for a
    check before it decides to send the first item: `steps` then yields None. Without
    `keeps_digests`, items may lack the digest of their record, which only sent items need.
    """

    def __init__(
        self,
        reader: ItemReader,
        ledger: Ledger,
        seen: Seen,
        rules: Rules,
        check: ItemCheck | None = None,
    ) -> None:
        """Compare records with the ledger, and with the keys seen in this run."""
        self.check = check
        self.is_check_awaited = False
        self.keeps_digests = True
        self._ledger = ledger
        self._seen = seen
        self.rules = rules
        self._left_to_send = rules.limit
        self._unread_states = states_left_unread(rules)
        self._only_left = set(rules.only or ())
        # Read only with `patch`: other runs treat these rows like all others.
        self._other_rows = ledger.rows_of_other_content() if rules.patch else frozenset()
        self._archived_rows = ledger.archived_rows()
        # The line on which each row appeared in this run, 0 if not yet; four bytes per item.
        highest_row = ledger.highest_row()
        self._line_of_row = array("I", bytes(4 * (highest_row + 1)))
        # All items that it has later are those of this run, whose keys are in `seen`.
        self._is_ledger_new = not highest_row
        self._blocks = BlockReader(
            reader, ledger, rules.largest_item_bytes, self._unread_states, self._other_rows
        )

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds of `only` that no record has had so far."""
        return sorted(self._only_left)

    def state(self) -> PlannerState:
        """Return the progress of this planner, from which another one can continue."""
        return PlannerState(
            self._line_of_row,
            self._only_left,
            self._left_to_send,
            self.check,
            self._is_ledger_new,
        )

    def restore(self, state: PlannerState) -> None:
        """Continue from the state of another planner of the same manifest."""
        self._line_of_row = state.line_of_row
        self._only_left = state.only_left
        self._left_to_send = state.left_to_send
        self.check = state.check
        self._is_ledger_new = state.is_ledger_new

    def is_met(self, row: int) -> bool:
        """Return whether a record of this row of the ledger has appeared so far."""
        return row < len(self._line_of_row) and self._line_of_row[row] > 0

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the rows without a record so far, `None` if there are more than `most`.

        Rows of other targets are included.
        """
        # Rows are numbered from 1; element 0 is unused.
        if self._line_of_row.count(0) - 1 > most:
            return None
        return [row for row, line in enumerate(self._line_of_row) if row and not line]

    def chunks(self, records: Iterable[Record]) -> Iterator[Chunk]:
        """Decide about all records, a few hundred at a time."""
        # Unlike a generator, `filter` keeps no reference to the chunk that it returned.
        return filter(None, self.steps(records))

    def steps(self, records: Iterable[Record]) -> Iterator[Chunk | None]:
        """Decide as `chunks` does, and yield None once where a check is awaited."""
        for block in blocks(records):
            chunk = self._chunk(block)
            if self.is_check_awaited and _has_send(chunk):
                self.is_check_awaited = False
                yield None
            self._check(chunk)
            yield chunk
            # Release them before the next block is read.
            del block, chunk

    def catch_up(self, records: Iterable[Record], sent_count: int) -> Iterator[None]:
        """Register records that another planner has decided about, one block at a time.

        Afterwards this planner decides about the next record as the other one would have. No record
        is decided or sent again: the ledger's states of these items have changed since, but the
        keys of records and the rows of keys have not. `sent_count` of the records were sent.
        """
        if self._left_to_send is not None:
            self._left_to_send -= sent_count
        for block in blocks(records):
            if self._is_ledger_new:
                self._decided_new(self._read_new(block))
            elif self._left_whole(block, self._blocks.digest_of(block)) is None:
                self._register(block)
            yield

    def _left_whole(self, records: Sequence[Record], digest: bytes) -> Chunk | None:
        """Leave a block that the ledger knows, unless one of its items appeared in this run."""
        rows = self._ledger.known_block(digest) if self._unread_states else None
        line_of_row = self._line_of_row
        if rows is None or len(rows) != len(records) or any(map(line_of_row.__getitem__, rows)):
            return None
        if self._other_rows and not self._other_rows.isdisjoint(rows):
            return None
        for row, record in zip(rows, records, strict=True):
            line_of_row[row] = record.line
        left: list[Decision] = [Leave(LeaveReason.UNCHANGED, len(rows))]
        return Chunk(len(rows), left, [], Block(digest, rows), is_block_known=True)

    def _chunk(self, records: Sequence[Record]) -> Chunk:
        if self._is_ledger_new:
            return self._chunk_of_new(records)
        digest = self._blocks.digest_of(records)
        return self._left_whole(records, digest) or self._compared(records, digest)

    def _chunk_of_new(self, records: Sequence[Record]) -> Chunk:
        chunk = Chunk(len(records), self._decided_new(self._read_new(records)), [])
        if not (self.keeps_digests and all(map(_is_send, chunk.decisions))):
            return chunk
        rows = array("I", bytes(4 * len(records)))
        return replace(chunk, sending=Block(self._blocks.digest_of(records), rows))

    def _read_new(self, records: Sequence[Record]) -> list[Item | Invalid]:
        return self._blocks.read_new(records, keeps_digests=self.keeps_digests)

    def _decided_new(self, made: Sequence[Item | Invalid]) -> list[Decision]:
        """Decide about items of which none is in the ledger."""
        items = [item for item in made if isinstance(item, Item)]
        earlier = self._seen.put_all(items)
        is_limited = self.rules.only is not None or self._left_to_send is not None
        if not earlier and not is_limited and len(items) == len(made):
            return list(
                map(new_send, zip(items, repeat(SendReason.NEW), repeat(None), strict=False))
            )
        number = count()
        return [
            self._decided(item, earlier.get(next(number))) if isinstance(item, Item) else item
            for item in made
        ]

    def _decided(self, item: Item, earlier: tuple[int, bytes] | None) -> Decision:
        self._only_left.discard(item.key.external_id)
        return repeated(item, *earlier) if earlier else self._compare(item, None)

    def _compared(self, records: Sequence[Record], block_digest: bytes) -> Chunk:
        made, known, left, failed_before = self._blocks.read(records, self._line_of_row)
        chunk = Chunk(len(records), [], [])
        rows = array("I", bytes(4 * len(records)))
        for row, at in left.items():
            rows[at] = row
        if unchanged := len(left) - len(failed_before & left.keys()):
            chunk.decisions.append(Leave(LeaveReason.UNCHANGED, unchanged))
        if failed := len(failed_before & left.keys()):
            chunk.decisions.append(Leave(LeaveReason.FAILED_BEFORE, failed))
        is_whole = bool(self._unread_states) and not failed_before
        for at in sorted(made):
            item = made[at]
            before = known.get(item.key) if isinstance(item, Item) else None
            decision = self._decide(item, before, chunk) if isinstance(item, Item) else item
            chunk.decisions.append(decision)
            if before is not None and _is_unchanged(decision):
                rows[at] = before.row
            elif not isinstance(decision, Send):
                is_whole = False
        if not is_whole:
            return chunk
        block = Block(block_digest, rows)
        return replace(chunk, sending=block) if 0 in rows else replace(chunk, block=block)

    def _register(self, records: Sequence[Record]) -> None:
        made, known, _, _ = self._blocks.read(records, self._line_of_row)
        for at in sorted(made):
            item = made[at]
            if isinstance(item, Item):
                self._remember(item, known.get(item.key))

    def _remember(self, item: Item, known: KnownItem | None) -> None:
        self._only_left.discard(item.key.external_id)
        if known is not None:
            if self._earlier(item.key, known):
                return
            if known.row < len(self._line_of_row):
                self._line_of_row[known.row] = item.line
        self._seen.put(item.key, item.line, item.checksum)

    def _decide(self, item: Item, known: KnownItem | None, chunk: Chunk) -> Decision:
        self._only_left.discard(item.key.external_id)
        if known is None:
            # The first line with a key counts as seen, independent of its decision.
            earlier = self._seen.put(item.key, item.line, item.checksum)
            return repeated(item, *earlier) if earlier else self._compare(item, None)
        if earlier := self._earlier(item.key, known):
            return repeated(item, *earlier)
        decision = self._compare(item, known)
        is_content_known = isinstance(decision, Leave) and decision.reason in (
            LeaveReason.UNCHANGED,
            LeaveReason.FAILED_BEFORE,
        )
        if known.row < len(self._line_of_row):
            self._line_of_row[known.row] = item.line
        if not is_content_known:
            self._seen.put(item.key, item.line, item.checksum)
        elif known.record_digest != item.record_digest:
            chunk.learned.append((known.row, item.record_digest))
        elif self._unread_states and known.row not in self._other_rows:
            chunk.met.append(known.row)
        return decision

    def _earlier(self, key: ItemKey, known: KnownItem) -> tuple[int, bytes] | None:
        if seen := self._seen.get(key):
            return seen
        if known.row >= len(self._line_of_row):
            return None
        line = self._line_of_row[known.row]
        return (line, known.checksum) if line else None

    def _compare(self, item: Item, known: KnownItem | None) -> Decision:
        if known is not None and known.row in self._archived_rows:
            reason = reason_for_archived(self.rules)
        else:
            has_other_content = known is not None and known.row in self._other_rows
            reason = reason_for(item, known, self.rules, has_other_content=has_other_content)
        if isinstance(reason, LeaveReason):
            return Leave(reason)
        only = self.rules.only
        if only is not None and item.key.external_id not in only:
            return Leave(LeaveReason.HELD_BACK)
        if self._left_to_send == 0:
            return Leave(LeaveReason.HELD_BACK)
        return Send(item, reason, known)

    def _check(self, chunk: Chunk) -> None:
        """Check the items to send, and hold back those that exceed the limit."""
        decisions, remarks = chunk.decisions, chunk.remarks
        if self.check is None and self._left_to_send is None:
            return
        for at, decision in enumerate(decisions):
            if isinstance(decision, Send):
                decisions[at] = self._checked(decision, remarks)

    def _checked(self, send: Send, remarks: list[Remark]) -> Decision:
        if self._left_to_send == 0:
            return Leave(LeaveReason.HELD_BACK)
        item = send.item
        checked = None if self.check is None else self.check.item(item)
        if checked is not None and checked.problems:
            return Invalid(item.line, item.key.external_id, checked.problems)
        if checked is not None:
            remarks.extend(checked.remarks)
        if self._left_to_send is not None:
            self._left_to_send -= 1
        return send


def _is_unchanged(decision: Decision) -> bool:
    return isinstance(decision, Leave) and decision.reason is LeaveReason.UNCHANGED


def _has_send(chunk: Chunk) -> bool:
    return any(map(_is_send, chunk.decisions))


def _is_send(decision: Decision) -> bool:
    return isinstance(decision, Send)
