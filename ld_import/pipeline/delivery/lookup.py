"""Entries of the media library, read as evidence of what became of an item."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ld_import.clock import Clock
from ld_import.errors import RequestRefused, Unauthorized, UnexpectedAnswer
from ld_import.kinds.proof import created_at, is_what_was_sent, written_at
from ld_import.model import ItemKey

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

Entry = dict[str, Any]

# The ledger and the `Date` header count whole seconds.
ROUNDING = timedelta(seconds=1)


class EntryReader:
    """Reads entries as far as token and server allow it; a refusal is remembered for the run.

    Reading raises what the client raises, except for that refusal.
    """

    def __init__(self, client: LivingdocsClient, clock: Clock) -> None:
        """Read through `client`; `clock` is the one by which requests are recorded."""
        self.is_allowed = True
        self._client = client
        self._clock = clock
        self._started = (clock.now(), clock.monotonic())

    async def by_pair(self, key: ItemKey) -> Entry | None:
        """Return the entry of a pair; `None` where there is none, or reading is not allowed."""
        if not self.is_allowed:
            return None
        try:
            return await self._client.find_entry(key.system_name, key.external_id)
        except (RequestRefused, UnexpectedAnswer):
            # A server without this look-up must not end every run that would use it.
            self.is_allowed = False
        except Unauthorized as error:
            self._forbid(error)
        return None

    async def by_ids(self, media_ids: Iterable[str]) -> dict[str, Entry]:
        """Return the entries with these media ids, as far as the server gives them."""
        asked = list(dict.fromkeys(media_ids))
        if not asked or not self.is_allowed:
            return {}
        try:
            return await self._client.entries(asked)
        except (RequestRefused, UnexpectedAnswer):
            # It may still be read by its pair.
            return {}
        except Unauthorized as error:
            self._forbid(error)
        return {}

    def proves(
        self, entry: Entry, marks: bytes, since: datetime, *, is_known: bool = False
    ) -> bool:
        """Return whether an entry exists because of a request with this content, made at `since`.

        That is so when every property that was sent is there and equal, and the entry was written
        not before the request, by the server's clock: created, unless the entry `is_known` to have
        been there, since others may change it, too, and not all that was sent can be read.
        """
        written = written_at(entry) if is_known else created_at(entry)
        if written is None or not is_what_was_sent(marks, entry):
            return False
        skew = timedelta(seconds=self._client.server_skew_seconds or 0.0)
        return written >= since + skew - self._set_back() - ROUNDING

    def _set_back(self) -> timedelta:
        """Return by how much the wall clock was set back since this run began.

        Requests recorded before that carry times that are later than they would be now.
        """
        now, seconds = self._started
        by_now = self._clock.now() - now
        passed = timedelta(seconds=self._clock.monotonic() - seconds)
        return max(passed - by_now, timedelta())

    def _forbid(self, error: Unauthorized) -> None:
        if error.status != HTTPStatus.FORBIDDEN:
            raise error
        self.is_allowed = False


def is_entry_of(entry: Entry | None, key: ItemKey) -> bool:
    """Return whether an entry has this pair."""
    return entry is not None and (entry.get("systemName"), entry.get("externalId")) == key
