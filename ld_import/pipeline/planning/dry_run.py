"""A dry run: the decisions of a real run, by the same code, and what it would send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ld_import.events import Listener, Note, Rejected
from ld_import.kinds.field_hashes import changed_fields
from ld_import.model import Batch, Invalid, Record, Send, Why
from ld_import.pipeline.delivery.submit import body_of
from ld_import.pipeline.planning.batching import Batcher
from ld_import.pipeline.planning.double_guard import DoubleGuard, UnseenRows
from ld_import.pipeline.planning.holdback import Holdback
from ld_import.pipeline.planning.plan import Planner, not_in_manifest_sentence
from ld_import.pipeline.tally import Tally

SHOWN_CHANGES = 1000


@dataclass(slots=True)
class DryRun:
    """What a run would do: how many requests of how many bytes, and the body of the first.

    `changed` names the first thousand changed items with their fields, `invalid` the first
    thousand invalid records.
    """

    envelope: tuple[bytes, bytes]
    tally: Tally = field(default_factory=Tally)
    request_count: int = 0
    byte_count: int = 0
    first_body: bytes | None = None
    changed: list[tuple[str, list[str]]] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)

    def take(self, batch: Batch | None) -> None:
        """Count a batch as the request it would be."""
        if batch is None:
            return
        body = body_of(batch.items, self.envelope)
        self.request_count += 1
        self.byte_count += len(body)
        if self.first_body is None:
            self.first_body = body


def plan_all(
    records: Iterable[Record],
    *,
    records_file: str,
    planner: Planner,
    batcher: Batcher,
    envelope: tuple[bytes, bytes],
    listen: Listener,
    share_read: Callable[[], float | None],
    guard: DoubleGuard | None = None,
) -> DryRun:
    """Decide about every record and send nothing; writes nothing either.

    Raises UsageError where a real run would, because entries would be created twice.
    """
    rehearsal = DryRun(envelope)
    tally = rehearsal.tally
    holdback = Holdback(guard)

    def judge_and_take(sends: Sequence[Send], unseen_rows: UnseenRows | None = None) -> None:
        for _ in holdback.judge(sends, unseen_rows):
            pass
        for send in sends:
            rehearsal.take(batcher.add(send))

    for chunk in planner.chunks(records):
        tally.read += chunk.read
        sends = []
        for decision in chunk.decisions:
            tally.decide(decision)
            if isinstance(decision, Send):
                _note_change(rehearsal, decision)
                sends.append(decision)
            elif isinstance(decision, Invalid):
                listen(Rejected(decision, records_file))
                if len(rehearsal.invalid) < SHOWN_CHANGES:
                    rehearsal.invalid.append(decision)
        listen(tally.planned(share_read()))
        judge_and_take(holdback.add(sends))
        # Not to be held while the next one is made: it may be a thousand items.
        del chunk, sends
    judge_and_take(holdback.rest(), planner.unseen_rows)
    rehearsal.take(batcher.rest())
    if not_in_manifest := planner.not_in_manifest:
        listen(Note(not_in_manifest_sentence(not_in_manifest)))
    return rehearsal


def _note_change(rehearsal: DryRun, decision: Send) -> None:
    if decision.why is not Why.CHANGED or decision.known is None:
        return
    if len(rehearsal.changed) < SHOWN_CHANGES:
        fields = changed_fields(decision.known.marks, decision.item.body)
        rehearsal.changed.append((decision.item.key.external_id, fields))
