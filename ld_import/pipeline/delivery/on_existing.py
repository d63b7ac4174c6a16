"""What to do with items the server has already and left as they were: skip, patch, or fail them.

The server's word proves that something exists. Whether it is the entry of the pair, who created it
and what it holds is proved by reading it only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.kinds.field_hashes import hashes_from, hashes_without_tried
from ld_import.kinds.patches import is_patchable
from ld_import.kinds.proof import (
    differing_fields,
    hidden_changes,
    holds_content,
    id_alone,
    removed_fields,
)
from ld_import.model import Batch, Content, Item, ItemKey, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.lookup import Entry, EntryReader, is_entry_of
from ld_import.pipeline.delivery.patching import OURS, Patcher

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

UNREADABLE = "it could not be confirmed, since it cannot be looked up (scope public-api:read)"
NOT_FOUND = "it could not be confirmed: a look-up does not find it"
OTHERS_ID = "the id belongs to another entry, not to this externalId"
OTHER = "the server keeps other content"
SHOWN_FIELDS = 5


class OnExisting(StrEnum):
    """What the user wants of items that exist."""

    SKIP = "skip"
    PATCH = "patch"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was sent of an item: `item` is `None` for a batch of an earlier run.

    `since` is the time of the first request without an answer, if there was one; `held` are the
    marks of what the server took last, if that is known; `lost` are those of a request since then
    that had no answer.
    """

    key: ItemKey
    field_hashes: bytes
    item: Item | None = None
    since: datetime | None = None
    held: bytes | None = None
    lost: bytes = b""


class Existing:
    """Takes the outcomes of a batch and treats those of existing entries as the user asked."""

    def __init__(
        self, client: LivingdocsClient, clock: Clock, policy: OnExisting, reader: EntryReader
    ) -> None:
        """Read through `reader`, patch through `client`; between two items `clock` may stop."""
        self.policy = policy
        self._clock = clock
        self._patcher = Patcher(client, clock)
        self._reader = reader

    async def treat(self, outcomes: Sequence[Outcome], batch: Batch) -> list[Outcome]:
        """Return all outcomes, those of existing entries with media id and their treatment.

        Raises what reading and patching raise, except that a missing read scope only leaves open
        what cannot be read.
        """
        sent = {
            item.key: _Sent(
                item.key,
                item.field_hashes or hashes_from(item.body),
                item,
                batch.unconfirmed.get(item.key),
                batch.field_hashes.get(item.key),
                batch.lost_field_hashes.get(item.key, b""),
            )
            for item in batch.items
        }
        return await self._treat(outcomes, sent)

    async def treat_resumed(self, outcomes: Sequence[Outcome], batch: OpenBatch) -> list[Outcome]:
        """Do the same for a job of an earlier run, of whose items only marks are at hand."""
        sent = {
            key: _Sent(
                key,
                batch.field_hashes.get(key, b""),
                since=batch.unconfirmed.get(key),
                held=batch.held.get(key),
            )
            for key in batch.keys
        }
        return await self._treat(outcomes, sent)

    async def _treat(
        self, outcomes: Sequence[Outcome], sent: dict[ItemKey, _Sent]
    ) -> list[Outcome]:
        named = [one.media_id for one in outcomes if one.is_existing and one.media_id]
        entries = {} if self.policy is OnExisting.PATCH else await self._reader.by_ids(named)
        treated = []
        for one in outcomes:
            if one.is_existing:
                # A request to stop is noticed here.
                await self._clock.checkpoint()
                one = await self._treat_one(one, sent[one.key], entries.get(one.media_id or ""))
            treated.append(one)
        return treated

    async def _treat_one(self, outcome: Outcome, sent: _Sent, entry: Entry | None) -> Outcome:
        if self.policy is OnExisting.PATCH:
            return await self._patched(outcome, sent)
        if entry is None or not is_entry_of(entry, outcome.key):
            # An id of another pair is not the item's, whatever the answer says.
            outcome = outcome if entry is None else outcome._replace(media_id=None)
            entry = await self._entry_of(outcome, sent)
        if entry is None:
            return self._unconfirmed(outcome, sent)
        outcome = outcome._replace(media_id=entry["id"])
        if self._is_ours(entry, sent):
            return outcome._replace(state=State.SUCCESS, reason=OURS)
        if self.policy is OnExisting.FAIL:
            return outcome._replace(state=State.FAILED)
        return _compared(outcome, sent, entry)

    async def _entry_of(self, outcome: Outcome, sent: _Sent) -> Entry | None:
        own_id = _own_id_alone(outcome, sent)
        if own_id is None:
            entry = await self._reader.by_pair(outcome.key)
        else:
            entry = (await self._reader.by_ids([own_id])).get(own_id)
            entry = None if entry and "externalId" in entry else entry
        return entry if entry is not None and isinstance(entry.get("id"), str) else None

    def _unconfirmed(self, outcome: Outcome, sent: _Sent) -> Outcome:
        """Return the outcome of an item whose entry could not be read."""
        if outcome.is_id_taken:
            why = OTHERS_ID if self._reader.is_allowed else UNREADABLE
            reason = f"{outcome.reason}; {why}"
            return outcome._replace(state=State.FAILED, reason=reason, media_id=None)
        why = NOT_FOUND if self._reader.is_allowed else UNREADABLE
        # After a lost answer it may be what that request created.
        is_known_before = self.policy is OnExisting.FAIL and sent.since is None
        state = State.FAILED if is_known_before else State.SKIPPED
        return outcome._replace(state=state, reason=f"{outcome.reason}; {why}")

    def _is_ours(self, entry: Entry, sent: _Sent) -> bool:
        if sent.since is None or hidden_changes(sent.field_hashes, sent.held or b""):
            return False
        is_known = sent.held is not None
        return self._reader.proves(entry, sent.field_hashes, sent.since, is_known=is_known)

    async def _patched(self, outcome: Outcome, sent: _Sent) -> Outcome:
        if sent.item is None:
            # Its content is known to the plan only, which sends it once more and then patches it.
            reason = f"{outcome.reason}; sent again to be patched"
            return outcome._replace(state=State.LOST, reason=reason, media_id=None)
        if own_id := _own_id_alone(outcome, sent):
            outcome = outcome._replace(media_id=own_id)
        return await self._patcher.patched(
            outcome,
            sent.item,
            held=sent.held,
            lost=sent.lost,
            is_ours=lambda entry: self._is_ours(entry, sent),
        )


def _own_id_alone(outcome: Outcome, sent: _Sent) -> str | None:
    """Return the own id of an entry that is identified by it and not by a pair."""
    return id_alone(sent.item.body) if outcome.media_id is None and sent.item else None


def _compared(outcome: Outcome, sent: _Sent, entry: Entry) -> Outcome:
    hidden = [
        *hidden_changes(sent.field_hashes, sent.held or b""),
        *removed_fields(sent.field_hashes, sent.held or b"", entry),
    ]
    if holds_content(sent.field_hashes, entry) and not hidden:
        return outcome._replace(content=Content.SAME)
    names = (differing_fields(sent.item.body, entry) if sent.item else []) + hidden
    shown = f": {', '.join(names[:SHOWN_FIELDS])}" if names else ""
    reason = f"{outcome.reason or 'already exists'}; {OTHER}{shown}"
    # A PATCH may have something to do again, whatever an earlier one left.
    held = hashes_without_tried(sent.held) if sent.held and is_patchable(names) else None
    return outcome._replace(reason=reason, content=Content.OTHER, held=held)
