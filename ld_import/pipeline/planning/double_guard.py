"""Same media under new ids: noticed by the URLs of new items, before they are sent.

Ids change in many ways that no template shows: a spreadsheet removes zeros, an export gets another
name, a folder moves. What stays is the URL.
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

# Articles show films again, so that some new items have known URLs by chance. Where ids changed,
# nearly all have. Two never count; a handful counts where it is half of the new items, since one
# night brings few; and so many that removing them again is a burden count from a fifth on.
FEWEST = 3
MANY = 20
SHARE_OF_FEW = 0.5
SHARE_OF_MANY = 0.2
SHOWN_LENGTH = 200
# So many rows are read one by one in a fraction of the time that reading a million takes.
MOST_UNMET = 20_000

# A planner that has decided nothing, and all records of the manifest from the start.
Replan = Callable[[], AbstractContextManager[tuple[Planner, Iterable[Record]]]]
# The rows whose record was not met, `None` if they are more than a number, or unknown.
UnseenRows = Callable[[int], Sequence[int] | None]
Steps = Generator[None, None, None]


def is_suspicious(double_count: int, new_count: int) -> bool:
    """Return whether so many of the new items have known URLs that chance is excluded."""
    share = SHARE_OF_MANY if double_count >= MANY else SHARE_OF_FEW
    return double_count >= FEWEST and double_count >= share * new_count


def double_error(
    count: int, because: str, example: DuplicateUrl | None, *, sent: int = 0
) -> UsageError:
    """Return the error that stops a run, whichever way the doubles were found."""
    entries = "entry" if count == 1 else "entries"
    before = f"; {sent:,} new entries were sent before this was noticed" if sent else ""
    return UsageError(
        f"{count:,} {entries} would be created twice: {because}"
        f"{_told(example) if example else ''}{before}",
        hint="restore the earlier ids, or give --accept-new-ids to create these entries again",
    )


class DoubleGuard:
    """Judges what is about to be sent by the URLs of a ledger that has items of this target."""

    def __init__(self, ledger: Ledger, replan: Replan) -> None:
        """Read the manifest again by `replan`, but only where the new items are suspicious."""
        self._ledger = ledger
        self._replan = replan
        self._is_met: Callable[[int], bool] = _is_never_met

    @property
    def is_needed(self) -> bool:
        """Whether the target had any items when this was first asked."""
        return self._known is not None

    def judge(self, sends: Sequence[Send], unseen_rows: UnseenRows | None, sent: int = 0) -> Steps:
        """Raise UsageError if these items are known ones under new ids; pauses now and then.

        `unseen_rows` is given where the manifest was read to its end; `sent` is how many items were
        sent already.
        """
        new = new_items(sends)
        if self._known is None or len(new) < FEWEST:
            return
        # Only an item whose record is gone can have come under a new id. Mostly these are few.
        rows = unseen_rows(MOST_UNMET) if unseen_rows is not None else None
        with closing(self._known.tally()) as tally:
            tally.add(new)
            if rows is not None and not is_suspicious(tally.max_duplicates(rows), len(new)):
                return
            if not is_suspicious(tally.duplicates(self._is_met).count, len(new)):
                return
            # The earlier records of these URLs may still be there, further down.
            doubles = yield from self._count_all()
            if is_suspicious(tally.duplicates(self._is_met).count, len(new)):
                because = "their URLs were imported under other ids before"
                raise double_error(doubles.count, because, doubles.example, sent=sent)

    @cached_property
    def _known(self) -> KnownUrls | None:
        return self._ledger.known_urls()

    def _count_all(self) -> Generator[None, None, DuplicateUrls]:
        """Plan the whole manifest and send nothing of it."""
        assert self._known is not None
        with self._replan() as (planner, records), closing(self._known.tally()) as tally:
            for chunk in planner.chunks(records):
                tally.add(new_items(chunk.decisions))
                yield
            self._is_met = planner.is_met
            return tally.duplicates(self._is_met)


def new_items(decisions: Iterable[Decision]) -> list[Item]:
    """Return the items to be sent that the ledger does not know."""
    return [one.item for one in decisions if isinstance(one, Send) and one.known is None]


def _is_never_met(row: int) -> bool:
    return False


def _told(example: DuplicateUrl) -> str:
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
