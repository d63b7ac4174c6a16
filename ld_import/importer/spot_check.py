"""The spot check of a run: are the items imported last still on the server?

An emptied server, or another one at the same address, would leave every record unchanged and the
run without an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from ld_import.api import LivingdocsClient
from ld_import.errors import ApiError, Unauthorized
from ld_import.events import Listener, Note
from ld_import.ledger import SqliteLedger
from ld_import.model import HeldItem
from ld_import.pipeline.delivery.lookup import is_entry_of
from ld_import.wording import amount

# One request for all of them. Editors may archive one of them, hardly all.
ITEMS = 5
# A server that is slower is not a reason to wait: the import itself has its own time.
WITHIN_SECONDS = 5.0
ADVICE = "`ld-import ledger verify` compares all items; --no-spot-check skips this question"


class SpotCheck:
    """Asks once for the items imported last, and warns if the server has none of them."""

    def __init__(self, ledger: SqliteLedger, client: LivingdocsClient, listen: Listener) -> None:
        """Choose the items; nothing is requested yet. Raises LedgerError."""
        self._items = ledger.newest_held(ITEMS)
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
            self._problem = str(error)
            # A token that cannot read is not a finding of every night.
            is_forbidden = isinstance(error, Unauthorized) and error.status == HTTPStatus.FORBIDDEN
            if not is_forbidden:
                self._listen(Note(f"the server was not asked for an item imported before: {error}"))
            return
        found = [entries[media_id] for media_id in media_ids if media_id in entries]
        self._judge(found)

    def _judge(self, entries: Sequence[dict[str, Any]]) -> None:
        own = [entry for entry in entries if any(_is_entry_of(entry, item) for item in self._items)]
        self._found_count = len(own)
        if own:
            return
        newest = self._items[0]
        item = f"{newest.key.external_id} with media id {newest.media_id}"
        if entries:
            self._problem = (
                f"the media ids of {amount(len(self._items), 'imported item')} belong to other"
                f" items on the server (the newest is {item})"
            )
        else:
            what = (
                f"has none of the {len(self._items)} items imported last (the newest is {item})"
                if len(self._items) > 1
                else f"does not have the item imported last ({item})"
            )
            self._problem = f"the server {what}"
        cause = (
            "it may be another server, or emptied"
            if entries
            else ("it may be emptied or another one, or they were archived")
        )
        self._listen(Note(f"{self._problem}: {cause}; {ADVICE}"))

    def summary(self) -> dict[str, Any] | None:
        """Return the part of the run's summary; `None` if there was nothing to ask for."""
        if not self._items:
            return None
        return {
            "asked": len(self._items),
            "found": self._found_count,
            "problem": self._problem,
        }


def _is_entry_of(entry: dict[str, Any], item: HeldItem) -> bool:
    # An item without a systemName is identified by its own id.
    is_own = entry.get("id") == item.media_id
    return is_own and (not item.key.system_name or is_entry_of(entry, item.key))
