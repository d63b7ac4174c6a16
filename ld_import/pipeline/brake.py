"""The brake: ends a run whose first outcomes are all failures, and names their causes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ld_import.created import count_states, outcomes_in
from ld_import.errors import LdImportError, TooManyFailures
from ld_import.events import Event, Settled
from ld_import.model import Outcome, State
from ld_import.wording import amount

# Loaded at the first failure.
if TYPE_CHECKING:
    from ld_import.validation.groups import FindingGroups

SHOWN_CAUSES = 3
NO_REASON = "the server gives no reason"
HINT = (
    "fix the cause, then run the same command with --retry-failed; --max-failures 0 sends the rest"
    " in any case"
)


class Brake:
    """Counts the outcomes of one run until the first that is not a failure; then it is released.

    `error` is set once `max_failures` outcomes were all failures; 0 never sets it. Outcomes of an
    earlier run's batches do not count.
    """

    def __init__(self, max_failures: int = 0) -> None:
        """Begin without outcomes."""
        self.error: TooManyFailures | None = None
        self._most = max_failures
        self._count = 0
        self._is_released = max_failures == 0
        self._causes: FindingGroups | None = None
        self._listeners: list[Callable[[LdImportError], None]] = []

    def on_error(self, listener: Callable[[LdImportError], None]) -> None:
        """Register a function, called with the error when it is set."""
        self._listeners.append(listener)

    def check(self) -> None:
        """Raise the error if it is set: a batch is not sent again in parts."""
        if self.error is not None:
            raise self.error

    def __call__(self, event: Event) -> None:
        """Count the outcomes of an event."""
        if self._is_released or not isinstance(event, Settled) or event.is_resumed:
            return
        # A lost item has no outcome yet.
        failures = outcomes_in(event.outcomes, {State.FAILED})
        counts = count_states(event.outcomes)
        if len(failures) < counts.total() - counts[State.LOST]:
            self._release()
        elif failures and self.error is None:
            self._count_failures(failures)

    def _release(self) -> None:
        self._is_released = self.error is None
        self._causes = None if self._is_released else self._causes

    def _count_failures(self, failures: Iterable[Outcome]) -> None:
        from ld_import.validation import Finding, FindingGroups, Level

        if self._causes is None:
            self._causes = FindingGroups()
        for outcome in failures:
            self._count += 1
            text = outcome.reason or NO_REASON
            self._causes.add(Finding(Level.ERROR, self._count, outcome.key.external_id, "", text))
        if self._count >= self._most:
            self.error = TooManyFailures(self._sentence(), hint=HINT)
            for listener in self._listeners:
                listener(self.error)

    def _sentence(self) -> str:
        groups = self._causes.sorted() if self._causes else []
        what = f"the first {amount(self._count, 'outcome')} of this run are all failures"
        if len(groups) == 1:
            return f"{what}, and all have one cause: {groups[0].sentence}"
        shown = [f"{group.count:,}: {group.sentence}" for group in groups[:SHOWN_CAUSES]]
        more = len(groups) - len(shown)
        shown += [f"and {amount(more, 'further cause')}"] if more else []
        return f"{what}; by cause: {'; '.join(shown)}"
