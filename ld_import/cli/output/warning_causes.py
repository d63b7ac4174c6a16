"""Warnings by cause: the first one of each is shown, the others are counted."""

from __future__ import annotations

from collections.abc import Iterator

from ld_import.cli.output.event_text import failures_of, sentence_of
from ld_import.events import Event, Rejected, Settled, Waiting
from ld_import.validation import Finding, FindingGroups, Level, finding_from
from ld_import.wording import amount

MOST_CAUSES = 200
# A longer wait is always announced: otherwise nothing explains the silence.
LONG_WAIT_SECONDS = 60.0


class WarningCauses:
    """The causes of the warnings of a run, in bounded memory."""

    def __init__(self) -> None:
        """Start without warnings."""
        # The summary groups failed and invalid items; the others are counted here.
        self._items = FindingGroups(most=MOST_CAUSES)
        self._others = FindingGroups(most=MOST_CAUSES)
        self._number = 0

    def is_new(self, event: Event) -> bool:
        """Count an event; return whether it is the first warning with one of its causes."""
        self._number += 1
        if isinstance(event, Settled | Rejected):
            return self._is_new_item(event)
        finding = Finding(Level.WARNING, self._number, None, "", sentence_of(event))
        group = self._others.add(finding)
        return group.count == 1 or _is_long(event)

    def _is_new_item(self, event: Settled | Rejected) -> bool:
        is_new = False
        for finding in self._findings(event):
            is_new |= self._items.add(finding).count == 1
        return is_new

    def _findings(self, event: Settled | Rejected) -> Iterator[Finding]:
        if isinstance(event, Rejected):
            for problem in event.record.problems:
                yield finding_from(event.record, problem, self._number)
            return
        for outcome in failures_of(event):
            self._number += 1
            name = outcome.key.external_id
            yield Finding(Level.ERROR, self._number, name, "", outcome.reason or "")

    def repeated(self) -> Iterator[str]:
        """Yield a sentence for each cause of several warnings that the summary does not repeat."""
        for group in self._others.sorted():
            if group.count > 1:
                yield f"{amount(group.count - 1, 'more time')}: {group.sentence}"


def _is_long(event: Event) -> bool:
    return isinstance(event, Waiting) and event.seconds >= LONG_WAIT_SECONDS
