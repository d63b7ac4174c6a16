"""Delays items to send until the guard against duplicates has judged them."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.model import Send
from ld_import.pipeline.planning.double_guard import DoubleGuard, Steps, UnseenRows

# The first request waits for this many items, or the end of the manifest. Later groups are larger,
# because judging a group scans the ledger's items.
FIRST_ITEMS = 1_000
MOST_ITEMS = 10_000
MOST_BYTES = 8_000_000


class Holdback:
    """Groups items to be judged before they are sent; without a guard no item is held back."""

    def __init__(self, guard: DoubleGuard | None) -> None:
        """Hold items for this guard if it is needed."""
        self._guard = guard
        self._sends: list[Send] = []
        self._bytes = 0
        self._most_items = FIRST_ITEMS

    def add(self, sends: Sequence[Send]) -> Sequence[Send]:
        """Add items, and return those to judge and send now."""
        if not sends or self._guard is None or not self._guard.is_needed:
            return sends
        self._sends += sends
        self._bytes += sum(len(send.item.body) for send in sends)
        if len(self._sends) < self._most_items and self._bytes < MOST_BYTES:
            return ()
        self._most_items = min(2 * self._most_items, MOST_ITEMS)
        return self.rest()

    def rest(self) -> Sequence[Send]:
        """Return the items held back, and hold none afterwards."""
        held, self._sends, self._bytes = self._sends, [], 0
        return held

    def judge(self, sends: Sequence[Send], unseen_rows: UnseenRows | None, sent: int = 0) -> Steps:
        """Raise UsageError if these items would be created twice; see `DoubleGuard.judge`."""
        if sends and self._guard is not None:
            yield from self._guard.judge(sends, unseen_rows, sent)
