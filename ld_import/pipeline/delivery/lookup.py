"""Reads entries of the media library as evidence of the outcome of an item."""

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
    """Reads entries as far as token and server permit; remembers a refusal for the whole run.

    Reading raises the errors of the client, except for that refusal.
    """

    def __init__(self, client: LivingdocsClient, clock: Clock) -> None:
        """Read through `client`; `clock` must be the one that dates requests in the ledger."""
        self.is_allowed = True
        self._client = client
        self._clock = clock
        self._started = (clock.now(), clock.monotonic())

    async def by_pair(self, key: ItemKey) -> Entry | None:
        """Return the entry of a pair; `None` if it does not exist or reading is not permitted."""
        if not self.is_allowed:
            return None
        try:
            return await self._client.find_entry(key.system_name, key.external_id)
        except (RequestRefused, UnexpectedAnswer):
            # Runs must not fail on a server without this look-up.
            self.is_allowed = False
        except Unauthorized as error:
            self._forbid(error)
        return None

    async def by_ids(self, media_ids: Iterable[str]) -> dict[str, Entry]:
        """Return the entries with these media ids, as far as the server returns them."""
        unique_ids = list(dict.fromkeys(media_ids))
        if not unique_ids or not self.is_allowed:
            return {}
        try:
            return await self._client.entries(unique_ids)
        except (RequestRefused, UnexpectedAnswer):
            # The entries may still be readable by their pairs.
            return {}
        except Unauthorized as error:
            self._forbid(error)
        return {}

    def proves(
        self, entry: Entry, marks: bytes, since: datetime, *, is_known: bool = False
    ) -> bool:
        """Return whether an entry exists because of a request with this content, made at `since`.

        Two conditions prove it: every property that was sent is present and equal, and by the
        server's clock the entry was not written before the request. "Written" means created,
        because others may change an entry, too, and not every sent property can be read; for an
        entry that `is_known` to have existed, it means changed.
        """
        written = written_at(entry) if is_known else created_at(entry)
        if written is None or not is_what_was_sent(marks, entry):
            return False
        skew = timedelta(seconds=self._client.server_skew_seconds or 0.0)
        return written >= since + skew - self._set_back() - ROUNDING

    def _set_back(self) -> timedelta:
        """Return how far the wall clock was set back since this run began.

        Requests recorded before have later times than the current clock would give them.
        """
        now, seconds = self._started
        by_now = self._clock.now() - now
        passed = timedelta(seconds=self._clock.monotonic() - seconds)
        return max(passed - by_now, timedelta())

    def _forbid(self, error: Unauthorized) -> None:
        if error.status != HTTPStatus.FORBIDDEN:
            raise error
        self.is_allowed = False


def is_nothing_found(error: RequestRefused) -> bool:
    """Return whether a refusal means that there is no such entry: 404, but not for the URL."""
    return error.status == HTTPStatus.NOT_FOUND and not error.is_address_unknown


def is_entry_of(entry: Entry | None, key: ItemKey) -> bool:
    """Return whether an entry has this pair of systemName and externalId."""
    return entry is not None and (entry.get("systemName"), entry.get("externalId")) == key
