"""Records become decisions: send, leave, or invalid; the ledger is asked, nothing is written.

A record whose text the ledger knows as settled is left without being parsed, and where a whole
block of them is known, without being looked up: a nightly run consists of little else.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ld_import.kinds.base import Kind
from ld_import.kinds.field_hashes import TRIED, changed_fields, has_field
from ld_import.kinds.patches import is_patchable
from ld_import.ledger.base import Ledger, Seen
from ld_import.manifest.mapping import Mapping
from ld_import.model import (
    OPEN,
    Block,
    Decision,
    Invalid,
    Item,
    ItemKey,
    KnownItem,
    Leave,
    Left,
    Problem,
    Record,
    Send,
    State,
    Why,
)
from ld_import.pipeline.planning.record_blocks import blocks, digest_of

SHOWN_UNMET = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the user asked of the decisions.

    With `patch` entries of which the server keeps other content are sent again, to be patched.
    `largest_item_bytes` is what fits a request alone.
    """

    retry_failed: bool = False
    force: bool = False
    only: frozenset[str] | None = None
    limit: int | None = None
    patch: bool = False
    largest_item_bytes: int = 480_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """The decisions about `read` records in a row.

    `learned` holds (row, digest) of unchanged items whose record text is new to the ledger; `block`
    is all of it where each record was left as settled, and `is_block_known` tells that the ledger
    has it.
    """

    read: int
    decisions: list[Decision]
    learned: list[tuple[int, bytes]]
    block: Block | None = None
    is_block_known: bool = False


@dataclass(frozen=True, slots=True)
class PlannerState:
    """How far a planner came, between two chunks; the `Seen` it was given tells the rest."""

    line_of_row: array[int]
    only_left: set[str]
    left_to_send: int | None


class Planner:
    """Decides by the `rules` about the records of one manifest, in their order, in flat memory."""

    def __init__(
        self,
        *,
        mapping: Mapping,
        kind: Kind,
        system_name: str,
        ledger: Ledger,
        seen: Seen,
        rules: Rules,
        checkpoint: Callable[[], None] | None = None,
    ) -> None:
        """Hand in what a decision depends on; `checkpoint` may raise before a record is mapped."""
        self._mapping = mapping
        self._kind = kind
        self._system_name = system_name
        self._ledger = ledger
        self._seen = seen
        self.rules = rules
        self._checkpoint = checkpoint
        self._left_to_send = rules.limit
        self._unread_states = _states_left_unread(rules)
        self._only_left = set(rules.only or ())
        # Asked only where it matters: a nightly run without `patch` leaves them like all others.
        self._other_rows = ledger.rows_of_other_content() if rules.patch else frozenset()
        # The line at which each row was met in this run, 0 for not yet: four bytes an item.
        self._line_of_row = array("I", bytes(4 * (ledger.highest_row() + 1)))
        seed = f"{kind.name}\0{system_name}\0".encode() + mapping.fingerprint
        self._fingerprint = blake2b(seed, digest_size=16).digest()

    @property
    def not_in_manifest(self) -> list[str]:
        """The externalIds of `only` that no record had so far."""
        return sorted(self._only_left)

    def state(self) -> PlannerState:
        """Return how far it came, for another one to take over."""
        return PlannerState(self._line_of_row, self._only_left, self._left_to_send)

    def restore(self, standing: PlannerState) -> None:
        """Go on where another planner of the same manifest stood, with what it had seen."""
        self._line_of_row = standing.line_of_row
        self._only_left = standing.only_left
        self._left_to_send = standing.left_to_send

    def is_met(self, row: int) -> bool:
        """Return whether a record of an item that the ledger knows was met so far."""
        return row < len(self._line_of_row) and self._line_of_row[row] > 0

    def unseen_rows(self, most: int) -> Sequence[int] | None:
        """Return the rows of which no record was met so far, `None` if there are more than `most`.

        Rows of other targets are among them.
        """
        # There is no row 0.
        if self._line_of_row.count(0) - 1 > most:
            return None
        return [row for row, line in enumerate(self._line_of_row) if row and not line]

    def chunks(self, records: Iterable[Record]) -> Iterator[Chunk]:
        """Decide about all records, some hundred at a time."""
        for block in blocks(records):
            digest = digest_of(block, self._fingerprint)
            yield self._left_whole(block, digest) or self._chunk(block, digest)
            # Not to be held while the next one is read.
            del block

    def catch_up(self, records: Iterable[Record], sent_count: int) -> Iterator[None]:
        """Register records that another planner has decided about, one block at a time.

        Afterwards this planner decides about the next record as the other one would have. Nothing
        is decided or sent again: what the ledger says of these items has changed since, but which
        key a record has, and which row a key has, has not. `sent_count` of them were sent.
        """
        if self._left_to_send is not None:
            self._left_to_send -= sent_count
        for block in blocks(records):
            if self._left_whole(block, digest_of(block, self._fingerprint)) is None:
                self._register(block)
            yield

    def _left_whole(self, records: Sequence[Record], digest: bytes) -> Chunk | None:
        """Leave a block the ledger knows, unless one of its items was met before in this run."""
        rows = self._ledger.known_block(digest) if self._unread_states else None
        line_of_row = self._line_of_row
        if rows is None or len(rows) != len(records) or any(map(line_of_row.__getitem__, rows)):
            return None
        if self._other_rows and not self._other_rows.isdisjoint(rows):
            return None
        for row, record in zip(rows, records, strict=True):
            line_of_row[row] = record.line
        left: list[Decision] = [Leave(Left.UNCHANGED, len(rows))]
        return Chunk(len(rows), left, [], Block(digest, rows), is_block_known=True)

    def _chunk(self, records: Sequence[Record], block_digest: bytes) -> Chunk:
        made, known, left, failed_before = self._read(records)
        is_whole = len(left) == len(records) and not failed_before
        # In the order of their records: that is how they were left.
        block = Block(block_digest, list(left)) if is_whole else None
        chunk = Chunk(len(records), [], [], block)
        if unchanged := len(left) - len(failed_before & left.keys()):
            chunk.decisions.append(Leave(Left.UNCHANGED, unchanged))
        if failed := len(failed_before & left.keys()):
            chunk.decisions.append(Leave(Left.FAILED_BEFORE, failed))
        for at in sorted(made):
            one = made[at]
            if isinstance(one, Item):
                chunk.decisions.append(self._decide(one, known.get(one.key), chunk.learned))
            else:
                chunk.decisions.append(one)
        return chunk

    def _register(self, records: Sequence[Record]) -> None:
        made, known, _, _ = self._read(records)
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

    def _read(
        self, records: Sequence[Record]
    ) -> tuple[dict[int, Item | Invalid], dict[ItemKey, KnownItem], dict[int, int], set[int]]:
        """Leave what the ledger knows by its text, and read the rest.

        Returns by position what was read, what the ledger knows of these items, and as
        `_leave_unread` what was left.
        """
        key = self._fingerprint
        digests = [blake2b(record.raw, digest_size=16, key=key).digest() for record in records]
        unread, left, failed_before = self._leave_unread(records, digests)
        made = {at: self._item_from(records[at], digests[at]) for at in unread}
        known = self._ledger.find([one.key for one in made.values() if isinstance(one, Item)])
        for at in self._met_too_late(made, known, left):
            made[at] = self._item_from(records[at], digests[at])
        return made, known, left, failed_before

    def _leave_unread(
        self, records: Sequence[Record], digests: Sequence[bytes]
    ) -> tuple[list[int], dict[int, int], set[int]]:
        """Leave what the ledger knows by its text; return the others, and the left by row."""
        known = self._ledger.known(digests) if self._unread_states else {}
        line_of_row, states = self._line_of_row, self._unread_states
        unread: list[int] = []
        left: dict[int, int] = {}
        failed_before: set[int] = set()
        for at, digest in enumerate(digests):
            row, state = known.get(digest, (0, State.PENDING))
            is_read = row >= len(line_of_row) or line_of_row[row] or row in self._other_rows
            if state not in states or is_read:
                unread.append(at)
                continue
            line_of_row[row] = records[at].line
            left[row] = at
            if state is State.FAILED:
                failed_before.add(row)
        return unread, left, failed_before

    def _met_too_late(
        self,
        made: dict[int, Item | Invalid],
        known: dict[ItemKey, KnownItem],
        left: dict[int, int],
    ) -> list[int]:
        """Take back what was left unread behind an earlier line with the same key."""
        late: list[int] = []
        for at, one in made.items():
            before = known.get(one.key) if isinstance(one, Item) else None
            if before is not None and left.get(before.row, -1) > at:
                late.append(left.pop(before.row))
                self._line_of_row[before.row] = 0
        return late

    def _item_from(self, record: Record, digest: bytes) -> Item | Invalid:
        if self._checkpoint is not None:
            self._checkpoint()
        entry = self._mapping.entry_from(record)
        if isinstance(entry, Invalid):
            return entry
        item = self._kind.item_from(entry, self._system_name, digest)
        if isinstance(item, Item) and len(item.body) > self.rules.largest_item_bytes:
            text = (
                f"the entry has {len(item.body):,} bytes, more than the"
                f" {self.rules.largest_item_bytes:,} that fit into a request; shorten its metadata"
            )
            return Invalid(item.line, item.key.external_id, (Problem("", text),))
        return item

    def _decide(
        self, item: Item, known: KnownItem | None, learned: list[tuple[int, bytes]]
    ) -> Decision:
        self._only_left.discard(item.key.external_id)
        if known is None:
            # Whatever is decided about it, it was met here first; or it was not.
            met = self._seen.put(item.key, item.line, item.checksum)
            return _repeated(item, *met) if met else self._compare(item, None)
        if earlier := self._earlier(item.key, known):
            return _repeated(item, *earlier)
        decision = self._compare(item, known)
        is_content_known = isinstance(decision, Leave) and decision.why in (
            Left.UNCHANGED,
            Left.FAILED_BEFORE,
        )
        if known.row < len(self._line_of_row):
            self._line_of_row[known.row] = item.line
        if not is_content_known:
            self._seen.put(item.key, item.line, item.checksum)
        elif known.record_digest != item.record_digest:
            learned.append((known.row, item.record_digest))
        return decision

    def _earlier(self, key: ItemKey, known: KnownItem) -> tuple[int, bytes] | None:
        if found := self._seen.get(key):
            return found
        if known.row >= len(self._line_of_row):
            return None
        line = self._line_of_row[known.row]
        return (line, known.checksum) if line else None

    def _compare(self, item: Item, known: KnownItem | None) -> Decision:
        why = self._why(item, known)
        if isinstance(why, Left):
            return Leave(why)
        only = self.rules.only
        if only is not None and item.key.external_id not in only:
            return Leave(Left.HELD_BACK)
        if self._left_to_send is not None:
            if self._left_to_send <= 0:
                return Leave(Left.HELD_BACK)
            self._left_to_send -= 1
        return Send(item, why, known)

    def _why(self, item: Item, known: KnownItem | None) -> Why | Left:
        if known is None:
            return Why.NEW
        if known.state in OPEN:
            return Left.OPEN
        if known.state in (State.REFUSED, State.LOST):
            # Whether it exists is told by an earlier success only.
            return Why.CHANGED if known.media_id else Why.NEW
        is_same = known.checksum == item.checksum
        if not is_same:
            return Why.CHANGED
        if known.state is State.FAILED:
            wanted = self.rules.retry_failed or self.rules.force
            return Why.RETRY if wanted else Left.FAILED_BEFORE
        if known.row in self._other_rows and _may_patch(known, item):
            return Why.CHANGED
        return Why.RETRY if self.rules.force else Left.UNCHANGED


def _may_patch(known: KnownItem, item: Item) -> bool:
    """Return whether a PATCH may do anything: it was not tried, or what it can change differs."""
    changed = changed_fields(known.marks, item.body)
    return not has_field(known.marks, TRIED) or is_patchable(changed)


def _states_left_unread(rules: Rules) -> frozenset[State]:
    # Which of `only` are in the manifest is known only when its ids are read.
    if rules.force or rules.only is not None:
        return frozenset()
    settled = {State.SUCCESS, State.SKIPPED}
    return frozenset(settled if rules.retry_failed else settled | {State.FAILED})


def _repeated(item: Item, line: int, checksum: bytes) -> Leave | Invalid:
    if checksum == item.checksum:
        return Leave(Left.REPEATED)
    text = (
        f"the externalId {item.key.external_id!r} stands at line {line} already, with other"
        " content; give each item its own"
    )
    return Invalid(item.line, item.key.external_id, (Problem("externalId", text),))


def not_in_manifest_sentence(not_in_manifest: Sequence[str]) -> str:
    """Return what is to be said of ids that were asked for and are not in the manifest."""
    shown = ", ".join(not_in_manifest[:SHOWN_UNMET])
    more = (
        f" and {len(not_in_manifest) - SHOWN_UNMET:,} more"
        if len(not_in_manifest) > SHOWN_UNMET
        else ""
    )
    return f"asked for by --only, but not in the manifest: {shown}{more}"
