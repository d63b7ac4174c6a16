"""A dry run: makes the decisions of a real run with the same code, and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ld_import.events import Listener, Note, Rejected
from ld_import.kinds.field_hashes import REMOVED, changed_fields
from ld_import.model import Batch, Decision, Invalid, Item, Record, Send, SendReason
from ld_import.pipeline.planning.batching import Batcher, body_of, size_of
from ld_import.pipeline.planning.chunk import not_in_manifest_sentence
from ld_import.pipeline.planning.double_guard import DoubleGuard, UnseenRows
from ld_import.pipeline.planning.holdback import Holdback
from ld_import.pipeline.planning.plan import Planner
from ld_import.pipeline.tally import Tally

SHOWN_CHANGES = 1000


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class DryRun:
    """Result of a dry run: the number and size of the requests, and the body of the first one.

    `file_count` files would be uploaded, with `file_bytes` altogether; the sources of
    `unknown_sizes` of them state no size. `changed` lists the first thousand changed items with
    their changed fields, `invalid` the first thousand invalid records.
    """

    envelope: tuple[bytes, bytes]
    tally: Tally = field(default_factory=Tally)
    request_count: int = 0
    byte_count: int = 0
    file_count: int = 0
    file_bytes: int = 0
    unknown_sizes: int = 0
    first_body: bytes | None = None
    changed: list[tuple[str, list[str]]] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)

    def take(self, batch: Batch | None) -> None:
        """Count the request that would send this batch."""
        if batch is None:
            return
        self.request_count += 1
        self.byte_count += size_of(batch.items, self.envelope)
        if self.first_body is None:
            self.first_body = body_of(batch.items, self.envelope)

    def note_file(self, item: Item) -> None:
        """Count the file of an item, which would be uploaded."""
        self.file_count += 1
        self.file_bytes += item.file_size or 0
        self.unknown_sizes += item.file_size is None


class RecordSource(NamedTuple):
    """The records of a manifest, the name of their file, and the share of it read so far."""

    records: Iterable[Record]
    file: str
    share_read: Callable[[], float | None]


def plan_all(
    source: RecordSource,
    planner: Planner,
    batcher: Batcher,
    *,
    envelope: tuple[bytes, bytes],
    listen: Listener,
    guard: DoubleGuard | None = None,
) -> DryRun:
    """Decide about every record without sending or writing anything.

    Raises UsageError if a real run would, because entries would be created twice.
    """
    dry_run = DryRun(envelope)
    tally = dry_run.tally
    holdback = Holdback(guard)
    planner.keeps_digests = False

    def judge_and_take(sends: Sequence[Send], unseen_rows: UnseenRows | None = None) -> None:
        for _ in holdback.judge(sends, unseen_rows):
            pass
        for item in [send.item for send in sends if send.item.file]:
            dry_run.note_file(item)
        for batch in batcher.add_all(sends):
            dry_run.take(batch)

    for chunk in planner.chunks(source.records):
        tally.read += chunk.read
        sends = _note_decisions(dry_run, chunk.decisions, source.file, listen)
        listen(tally.planned(source.share_read()))
        judge_and_take(holdback.add(sends))
        # Release the chunk before the next one is created: it may hold a thousand items.
        del chunk, sends
    judge_and_take(holdback.rest(), planner.unseen_rows)
    dry_run.take(batcher.rest())
    if not_in_manifest := planner.not_in_manifest:
        listen(Note(not_in_manifest_sentence(not_in_manifest)))
    return dry_run


def _note_decisions(
    dry_run: DryRun, decisions: Sequence[Decision], file: str, listen: Listener
) -> list[Send]:
    """Count and list decisions, and return the items to send."""
    sends = dry_run.tally.decide_all(decisions)
    for send in sends:
        if send.reason is SendReason.CHANGED:
            _note_change(dry_run, send)
    if len(sends) == len(decisions):
        return sends
    for decision in decisions:
        if isinstance(decision, Invalid):
            listen(Rejected(decision, file))
            if len(dry_run.invalid) < SHOWN_CHANGES:
                dry_run.invalid.append(decision)
    return sends


def _note_change(dry_run: DryRun, decision: Send) -> None:
    if decision.known is not None and len(dry_run.changed) < SHOWN_CHANGES:
        fields = changed_fields(decision.known.field_hashes, decision.item.body)
        if decision.item.file:
            # The members of the asset follow from the file, which is not read yet.
            fields = [name for name in fields if name not in (REMOVED, "sha256")]
        dry_run.changed.append((decision.item.key.external_id, fields))
