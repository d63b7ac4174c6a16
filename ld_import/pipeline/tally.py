"""The counts of one run; every record read is counted exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ld_import.created import count_states, outcomes_in
from ld_import.events import Event, Planned, Settled, Submitted
from ld_import.model import (
    Content,
    Decision,
    Invalid,
    Leave,
    LeaveReason,
    Outcome,
    Send,
    SendReason,
    State,
)
from ld_import.pipeline.remarks import RemarkGroups

OUTCOMES = (State.SUCCESS, State.SKIPPED, State.FAILED)


# Without `==` and `repr`, which every start would define and nothing uses.
@dataclass(slots=True, eq=False, repr=False)
class Tally:
    """Counts of the records read so far, by decision and by outcome.

    `read = invalid + repeated + unchanged + failedBefore + sent + notSent` holds when the run has
    ended. `sent` is the sum of `outcomes`; its `open` part counts items still open on the server.
    `skipped` counts skipped items by how the entry compares with the item that was sent. `refused`
    counts the invalid records that only the project's configuration does not allow, and `remarks`
    its warnings. `share` is the share of the manifest that was read, from 0 to 1, `None` if
    unknown.
    """

    read: int = 0
    invalid: int = 0
    left: Counter[LeaveReason] = field(default_factory=Counter)
    to_send: Counter[SendReason] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    skipped: Counter[Content] = field(default_factory=Counter)
    refused: int = 0
    remarks: RemarkGroups = field(default_factory=RemarkGroups)
    jobs: dict[str, tuple[str, int]] = field(default_factory=dict)
    share: float | None = None
    is_read_to_end: bool = False

    def decide(self, decision: Decision) -> None:
        """Count a decision of the plan."""
        match decision:
            case Send():
                self.to_send[decision.reason] += 1
            case Leave():
                self.left[decision.reason] += decision.count
            case Invalid():
                self.invalid += 1
                self.refused += any(problem.rule for problem in decision.problems)

    def decide_all(self, decisions: Sequence[Decision]) -> list[Send]:
        """Count the decisions of the plan, and return the items to send."""
        sends = [decision for decision in decisions if isinstance(decision, Send)]
        reasons = [send.reason for send in sends]
        for reason in SendReason:
            if count := reasons.count(reason):
                self.to_send[reason] += count
        if len(sends) < len(decisions):
            for decision in decisions:
                if not isinstance(decision, Send):
                    self.decide(decision)
        return sends

    def note_unchanged(self, send: Send) -> None:
        """Count an item as unchanged that was to be sent until its file was read."""
        self.to_send[send.reason] -= 1
        self.left[LeaveReason.UNCHANGED] += 1

    def __call__(self, event: Event) -> None:
        """Count the outcomes of an event, except those of an earlier run's batch."""
        if not isinstance(event, Submitted | Settled):
            return
        self._note_job(event)
        if isinstance(event, Settled) and not event.is_resumed:
            self._settle(event.outcomes)

    def note_open(self, count: int) -> None:
        """Count items that are open on the server and have no outcome yet."""
        self.outcomes["open"] += count

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        counts = count_states(outcomes)
        # A lost item is sent again or remains open.
        for state in OUTCOMES:
            if counts[state]:
                self.outcomes[state.value] += counts[state]
        skipped = outcomes_in(outcomes, {State.SKIPPED})
        self.skipped.update(outcome.content for outcome in skipped)

    def _note_job(self, event: Submitted | Settled) -> None:
        if event.job_id is None:
            return
        if isinstance(event, Submitted):
            self.jobs[event.job_id] = ("started", event.item_count)
        else:
            self.jobs[event.job_id] = (event.job_state, len(event.outcomes))

    def planned(self, share: float | None) -> Planned:
        """Note the share read, and return the event that reports the progress of the plan."""
        self.share = share
        left = {reason.value: count for reason, count in self.left.items()}
        return Planned(self.read, left, sum(self.to_send.values()), self.invalid, share)

    @property
    def unread_estimate(self) -> int | None:
        """Estimated number of records that were never read; `None` if it is unknown.

        It follows from the bytes left. They are unknown before the first chunk, and also when all
        bytes are in a buffer and their records were not read.
        """
        if self.is_read_to_end:
            return 0
        if not self.read or not self.share or self.share >= 1:
            return None
        return max(round(self.read * (1 - self.share) / self.share), 1)

    @property
    def open_count(self) -> int:
        """Number of items that are open on the server and have no outcome yet."""
        return self.outcomes["open"] + self.left[LeaveReason.OPEN]

    @property
    def sent(self) -> int:
        """Number of items sent by this run, or sent earlier and still open."""
        return sum(self.outcomes[state] for state in OUTCOMES) + self.open_count

    @property
    def not_sent(self) -> int:
        """Number of items held back."""
        return (
            self.read
            - self.invalid
            - self.left[LeaveReason.REPEATED]
            - self.left[LeaveReason.UNCHANGED]
            - self.left[LeaveReason.FAILED_BEFORE]
            - self.sent
        )

    @property
    def trouble_count(self) -> int:
        """Number of lines that need attention: invalid, failed now, or failed before."""
        return self.invalid + self.outcomes["failed"] + self.left[LeaveReason.FAILED_BEFORE]
