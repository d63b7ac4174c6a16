"""Treats items that already exist on the server: skips, patches or fails them.

The server's result proves only that some entry exists. Reading the entry shows whether it has the
pair of the item, which request created it, and what it contains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.created import CreatedOutcomes
from ld_import.kinds.field_hashes import hashes_from, hashes_without_tried
from ld_import.kinds.media_facts import facts_from_entry
from ld_import.kinds.patchable import is_patchable
from ld_import.kinds.proof import (
    differing_fields,
    hidden_changes,
    holds_content,
    id_alone,
    removed_fields,
    with_shown,
)
from ld_import.model import Batch, Content, Item, ItemKey, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.lookup import Entry, EntryReader, is_entry_of
from ld_import.pipeline.delivery.patching import OURS, Patcher

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

UNREADABLE = "it could not be confirmed, because it cannot be looked up (scope public-api:read)"
NOT_FOUND = "it could not be confirmed: the look-up did not find it"
OTHERS_ID = "the id belongs to another entry, not to this externalId"
OTHER = "the server keeps other content"
SHOWN_FIELDS = 5


class OnExisting(StrEnum):
    """The treatment of items that exist, as chosen by `--on-existing`."""

    SKIP = "skip"
    PATCH = "patch"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class _Sent:
    """The sent content of an item; `item` is `None` for a batch of an earlier run.

    `since` is the time of the first request without an answer, if any. `held` are the marks of the
    content that the server accepted last, if known; `lost` are the marks of a later request without
    an answer.
    """

    key: ItemKey
    field_hashes: bytes
    item: Item | None = None
    since: datetime | None = None
    held: bytes | None = None
    lost: bytes = b""


class Existing:
    """Treats the outcomes of existing entries according to `--on-existing`."""

    def __init__(
        self, client: LivingdocsClient, clock: Clock, policy: OnExisting, reader: EntryReader
    ) -> None:
        """Read through `reader` and patch through `client`; `clock` may interrupt between items."""
        self.policy = policy
        self._clock = clock
        self._patcher = Patcher(client, clock)
        self._reader = reader

    async def treat(self, outcomes: Sequence[Outcome], batch: Batch) -> Sequence[Outcome]:
        """Return all outcomes; those of existing entries with media id and treatment.

        Raises the errors of reading and patching. A missing read scope is not an error: the entries
        then remain unconfirmed.
        """
        if not _have_existing(outcomes):
            return outcomes
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

    async def treat_resumed(
        self, outcomes: Sequence[Outcome], batch: OpenBatch
    ) -> Sequence[Outcome]:
        """Do the same for a job of an earlier run; of its items only the marks are available."""
        if not _have_existing(outcomes):
            return outcomes
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
        media_ids = [
            outcome.media_id for outcome in outcomes if outcome.is_existing and outcome.media_id
        ]
        entries = {} if self.policy is OnExisting.PATCH else await self._reader.by_ids(media_ids)
        treated = []
        for outcome in outcomes:
            if outcome.is_existing:
                # A request to stop takes effect between two items.
                await self._clock.checkpoint()
                entry = entries.get(outcome.media_id or "")
                treated.append(await self._treat_existing(outcome, sent[outcome.key], entry))
            else:
                treated.append(outcome)
        return treated

    async def _treat_existing(self, outcome: Outcome, sent: _Sent, entry: Entry | None) -> Outcome:
        if self.policy is OnExisting.PATCH:
            return await self._patched(outcome, sent)
        if entry is None or not is_entry_of(entry, outcome.key):
            # The media id of an entry with another pair does not belong to the item, even if the
            # server returned it.
            outcome = outcome if entry is None else outcome._replace(media_id=None)
            entry = await self._entry_of(outcome, sent)
        if entry is None:
            return self._unconfirmed(outcome, sent)
        outcome = outcome._replace(media_id=entry["id"], facts=facts_from_entry(entry))
        if self._is_ours(entry, sent):
            is_existing = sent.held is not None
            return outcome._replace(state=State.SUCCESS, reason=OURS, is_existing=is_existing)
        written = _written_before(sent, entry)
        if self.policy is OnExisting.FAIL:
            return outcome._replace(state=State.FAILED, held=written)
        return _compared(outcome, sent, entry, written)

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
            cause = OTHERS_ID if self._reader.is_allowed else UNREADABLE
            reason = f"{outcome.reason}; {cause}"
            return outcome._replace(state=State.FAILED, reason=reason, media_id=None)
        cause = NOT_FOUND if self._reader.is_allowed else UNREADABLE
        # After a lost answer the entry may be the one that this request created.
        is_known_before = self.policy is OnExisting.FAIL and sent.since is None
        state = State.FAILED if is_known_before else State.SKIPPED
        return outcome._replace(state=state, reason=f"{outcome.reason}; {cause}")

    def _is_ours(self, entry: Entry, sent: _Sent) -> bool:
        if sent.since is None or hidden_changes(sent.field_hashes, sent.held or b""):
            return False
        is_known = sent.held is not None
        return self._reader.proves(entry, sent.field_hashes, sent.since, is_known=is_known)

    async def _patched(self, outcome: Outcome, sent: _Sent) -> Outcome:
        if sent.item is None:
            # Only the plan knows its content: it sends the item again, which is then patched.
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


def _have_existing(outcomes: Sequence[Outcome]) -> bool:
    if isinstance(outcomes, CreatedOutcomes):
        return False
    return any(outcome.is_existing for outcome in outcomes)


def _own_id_alone(outcome: Outcome, sent: _Sent) -> str | None:
    """Return the manifest's `id` of an entry that is identified by it instead of by a pair."""
    return id_alone(sent.item.body) if outcome.media_id is None and sent.item else None


def _written_before(sent: _Sent, entry: Entry) -> bytes | None:
    """Return the field hashes of an entry that a request without an answer may have written.

    `None` if the entry does not have its content, or nothing was sent before.
    """
    if sent.since is None or sent.held is None or not holds_content(sent.field_hashes, entry):
        return None
    return with_shown(sent.held, sent.field_hashes)


def _compared(outcome: Outcome, sent: _Sent, entry: Entry, written: bytes | None) -> Outcome:
    hidden = [
        *hidden_changes(sent.field_hashes, sent.held or b""),
        *removed_fields(sent.field_hashes, sent.held or b"", entry),
    ]
    if holds_content(sent.field_hashes, entry) and not hidden:
        return outcome._replace(content=Content.SAME)
    names = (differing_fields(sent.item.body, entry) if sent.item else []) + hidden
    shown = f": {', '.join(names[:SHOWN_FIELDS])}" if names else ""
    reason = f"{outcome.reason or 'already exists'}; {OTHER}{shown}"
    # A PATCH may have an effect again, independent of an earlier one.
    before = written or sent.held
    held = hashes_without_tried(before) if before and is_patchable(names) else written
    return outcome._replace(reason=reason, content=Content.OTHER, held=held)
