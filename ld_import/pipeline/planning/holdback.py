"""Items to send are held back until the guard against doubles has judged them."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.model import Send
from ld_import.pipeline.planning.double_guard import DoubleGuard, Steps, UnseenRows

# The first request waits for so many items, or the end of the manifest. Later ones are judged in
# larger groups, since each costs a scan of the ledger's items.
FIRST_ITEMS = 1_000
MOST_ITEMS = 10_000
MOST_BYTES = 8_000_000


class Holdback:
    """Groups of items, each to be judged before it is sent; without a guard none is held back."""

    def __init__(self, guard: DoubleGuard | None) -> None:
        """Hold items for this guard, where it is needed."""
        self._guard = guard
        self._sends: list[Send] = []
        self._bytes = 0
        self._most_items = FIRST_ITEMS

    def add(self, sends: Sequence[Send]) -> Sequence[Send]:
        """Take items, and return those that are to be judged and sent now."""
        if not sends or self._guard is None or not self._guard.is_needed:
            return sends
        self._sends += sends
        self._bytes += sum(len(one.item.body) for one in sends)
        if len(self._sends) < self._most_items and self._bytes < MOST_BYTES:
            return ()
        self._most_items = min(2 * self._most_items, MOST_ITEMS)
        return self.rest()

    def rest(self) -> Sequence[Send]:
        """Return the items that are held."""
        held, self._sends, self._bytes = self._sends, [], 0
        return held

    def judge(self, sends: Sequence[Send], unseen_rows: UnseenRows | None, sent: int = 0) -> Steps:
        """Raise UsageError if these items would be created twice, as `DoubleGuard.judge` does."""
        if sends and self._guard is not None:
            yield from self._guard.judge(sends, unseen_rows, sent)
