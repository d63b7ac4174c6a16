"""Detects known media under new ids by the URLs of new items, before they are sent.

Ids change in many ways that no template shows: a spreadsheet removes zeros, an export is renamed, a
folder moves. The URL remains the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from functools import cached_property

from ld_import.errors import UsageError
from ld_import.ledger.base import KnownUrls, Ledger
from ld_import.model import Decision, DuplicateUrl, DuplicateUrls, Item, ItemKey, Record, Send
from ld_import.pipeline.planning.plan import Planner

# Articles reuse films, so some new items have known URLs by chance; after a change of ids nearly
# all of them have. Two duplicates are never suspicious. A few are if they are half of the new
# items, because one night adds few items. Many are if they are a fifth, because removing them again
# is laborious.
FEWEST = 3
MANY = 20
SHARE_OF_FEW = 0.5
SHARE_OF_MANY = 0.2
SHOWN_LENGTH = 200
# Reading this many rows one by one takes a fraction of the time of reading a million.
MOST_UNSEEN = 20_000

# Returns a planner without decisions, and all records of the manifest from the start.
Replan = Callable[[], AbstractContextManager[tuple[Planner, Iterable[Record]]]]
# Returns the rows without a record so far, `None` if they exceed the given number or are unknown.
UnseenRows = Callable[[int], Sequence[int] | None]
Steps = Generator[None, None, None]


def is_suspicious(double_count: int, new_count: int) -> bool:
    """Return whether too many of the new items have known URLs for a coincidence."""
    share = SHARE_OF_MANY if double_count >= MANY else SHARE_OF_FEW
    return double_count >= FEWEST and double_count >= share * new_count


def double_error(
    count: int, because: str, example: DuplicateUrl | None, *, sent: int = 0
) -> UsageError:
    """Return the error that stops a run; `because` states how the duplicates were found."""
    entries = "entry" if count == 1 else "entries"
    before = f"; {sent:,} new entries were sent before this was noticed" if sent else ""
    return UsageError(
        f"{count:,} {entries} would be created twice: {because}"
        f"{_example_text(example) if example else ''}{before}",
        hint="restore the earlier ids, or use --accept-new-ids to create these entries again",
    )


class DoubleGuard:
    """Compares the URLs of items to send with those of the ledger's items of this target."""

    def __init__(self, ledger: Ledger, replan: Replan) -> None:
        """`replan` reads the manifest again; it is called only if the new items are suspicious."""
        self._ledger = ledger
        self._replan = replan
        self._is_met: Callable[[int], bool] = _is_never_met

    @property
    def is_needed(self) -> bool:
        """Whether the target had any items at the first access."""
        return self._known is not None

    def judge(self, sends: Sequence[Send], unseen_rows: UnseenRows | None, sent: int = 0) -> Steps:
        """Raise UsageError if these items are known media under new ids; yields between steps.

        `unseen_rows` is `None` unless the manifest was read to its end. `sent` is the number of
        items that were already sent.
        """
        if self._known is None:
            return
        new = new_items(sends)
        if len(new) < FEWEST:
            return
        # Only an item without a record can have a new id; usually these are few.
        rows = unseen_rows(MOST_UNSEEN) if unseen_rows is not None else None
        with closing(self._known.tally()) as tally:
            tally.add(new)
            if rows is not None and not is_suspicious(tally.max_duplicates(rows), len(new)):
                return
            if not is_suspicious(tally.duplicates(self._is_met).count, len(new)):
                return
            # The earlier records of these URLs may still follow, further down in the manifest.
            doubles = yield from self._count_all()
            if is_suspicious(tally.duplicates(self._is_met).count, len(new)):
                because = "their URLs were imported under other ids before"
                raise double_error(doubles.count, because, doubles.example, sent=sent)

    @cached_property
    def _known(self) -> KnownUrls | None:
        return self._ledger.known_urls()

    def _count_all(self) -> Generator[None, None, DuplicateUrls]:
        """Plan the whole manifest without sending, and return its duplicate URLs."""
        assert self._known is not None
        with self._replan() as (planner, records), closing(self._known.tally()) as tally:
            for chunk in planner.chunks(records):
                tally.add(new_items(chunk.decisions))
                yield
            self._is_met = planner.is_met
            return tally.duplicates(self._is_met)


def new_items(decisions: Iterable[Decision]) -> list[Item]:
    """Return the items to send that are not in the ledger."""
    sends = (decision for decision in decisions if isinstance(decision, Send))
    return [send.item for send in sends if send.known is None]


def _is_never_met(row: int) -> bool:
    return False


def _example_text(example: DuplicateUrl) -> str:
    known, new = example.known, example.new
    shown, more = repr, ""
    if _composed(known) == _composed(new):
        shown, more = ascii, " (the same letters in another Unicode form)"
    was, now = shown(_short(known.external_id)), shown(_short(new.external_id))
    if known.system_name != new.system_name:
        was, now = f"{was} of {known.system_name!r}", f"{now} of {new.system_name!r}"
    return f"; for example {_short(example.url)} was imported as {was}, and is {now} now{more}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"


def _composed(key: ItemKey) -> tuple[str, str]:
    return (
        unicodedata.normalize("NFC", key.system_name),
        unicodedata.normalize("NFC", key.external_id),
    )
