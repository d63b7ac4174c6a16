"""The spot check of a run: are the items imported last still on the server?

An emptied server, or another one at the same address, would leave every record unchanged and the
run without an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from ld_import.api import LivingdocsClient
from ld_import.errors import ApiError, RequestRefused, Unauthorized
from ld_import.events import Listener, Note
from ld_import.kinds.comparison import is_entry_of_item
from ld_import.ledger import SqliteLedger
from ld_import.model import HeldItem
from ld_import.pipeline.delivery.lookup import is_nothing_found
from ld_import.wording import amount

# One request for all of them. Editors may archive one of them, hardly all.
ITEMS = 5
# A server that is slower is not a reason to wait: the import itself has its own time.
WITHIN_SECONDS = 5.0
# The media library may show new entries with a delay, so that older ones are preferred.
SHOWN_AFTER = timedelta(minutes=10)
DELAYED = ", or it does not show entries of the last minutes yet"
ADVICE = "`ld-import ledger verify` compares all items; --no-spot-check skips this question"


class SpotCheck:
    """Asks once for the items imported last, and warns if the server has none of them."""

    def __init__(
        self, ledger: SqliteLedger, client: LivingdocsClient, listen: Listener, now: datetime
    ) -> None:
        """Choose the items; nothing is requested yet. Raises LedgerError."""
        settled = ledger.newest_held(ITEMS, now - SHOWN_AFTER)
        self._items = settled or ledger.newest_held(ITEMS)
        self._may_be_hidden = not settled
        self._client = client
        self._listen = listen
        self._found_count: int | None = None
        self._problem: str | None = None

    async def ask(self) -> None:
        """Ask for the items, and report a warning. Raises Interrupted, and no other error."""
        if not self._items:
            return
        media_ids = [item.media_id for item in self._items if item.media_id]
        try:
            entries = await self._client.entries(
                media_ids, purpose="spotCheck", within_seconds=WITHIN_SECONDS
            )
        except ApiError as error:
            # A server may answer 404 if it has none of them.
            if isinstance(error, RequestRefused) and is_nothing_found(error):
                self._judge([])
                return
            self._problem = str(error)
            # A token that cannot read is not a finding of every night.
            is_forbidden = isinstance(error, Unauthorized) and error.status == HTTPStatus.FORBIDDEN
            if not is_forbidden:
                self._listen(
                    Note(f"the server could not be asked for the items imported last: {error}")
                )
            return
        found = [entries[media_id] for media_id in media_ids if media_id in entries]
        self._judge(found)

    def _judge(self, entries: Sequence[dict[str, Any]]) -> None:
        self._found_count = sum(self._is_known(entry) for entry in entries)
        if not self._found_count:
            self._problem, cause = _problem_of(self._items, has_others=bool(entries))
            delay = DELAYED if self._may_be_hidden and not entries else ""
            self._listen(Note(f"{self._problem}: {cause}{delay}; {ADVICE}"))

    def _is_known(self, entry: dict[str, Any]) -> bool:
        return any(
            entry["id"] == item.media_id and is_entry_of_item(entry, item.key)
            for item in self._items
        )

    def summary(self) -> dict[str, Any] | None:
        """Return the part of the run's summary; `None` if there was nothing to ask for."""
        if not self._items:
            return None
        return {
            "asked": len(self._items),
            "found": self._found_count,
            "problem": self._problem,
        }


def _problem_of(items: Sequence[HeldItem], *, has_others: bool) -> tuple[str, str]:
    """Return the problem and its possible causes; `has_others`: the ids belong to other items."""
    newest = f"{items[0].key.external_id} with media id {items[0].media_id}"
    if has_others:
        ids = f"the media ids of {amount(len(items), 'item')} imported last"
        problem = f"{ids} belong to other items on the server (the newest is {newest})"
        return problem, "it may be another server or project"
    if len(items) == 1:
        problem = f"the server does not have the item imported last ({newest})"
    else:
        what = f"has none of the {len(items)} items imported last"
        problem = f"the server {what} (the newest is {newest})"
    return problem, "it may be another server, or it was emptied, or the items were archived"
