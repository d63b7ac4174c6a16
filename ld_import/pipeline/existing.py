"""What to do with items the server has already and left as they were: skip, patch, or fail them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ld_import.clock import Clock
from ld_import.errors import (
    AnswerLost,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)
from ld_import.kinds.marks import contradicts, marks_from
from ld_import.kinds.patches import Patch, patch_for
from ld_import.model import Batch, Item, OpenBatch, Outcome, State
from ld_import.pipeline.busy import TOTAL_SECONDS, Attempts, wait_seconds

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

CONFLICT = 409
# After an answer that was lost the entry is read again; it tells whether the patch arrived.
PATCHINGS = 3
NO_LOOK_UP = "its media id is not known, since it cannot be looked up (scope public-api:read)"
OURS = "created by an earlier request whose answer was lost"


class OnExisting(StrEnum):
    """What the user wants of items that exist."""

    SKIP = "skip"
    PATCH = "patch"
    FAIL = "fail"


class Existing:
    """Takes the outcomes of a batch and treats those of existing entries as the user asked."""

    def __init__(self, client: LivingdocsClient, clock: Clock, policy: OnExisting) -> None:
        """Look up and patch through `client`; between two items `clock` may stop the run."""
        self.policy = policy
        self._clock = clock
        self._client = client
        self._may_look_up = True

    async def treat(self, outcomes: Sequence[Outcome], batch: Batch) -> list[Outcome]:
        """Return all outcomes, those of existing entries with media id and their treatment.

        Raises what reading and patching raise, except that a missing read scope only leaves the
        media id of a skipped item empty.
        """
        items = {item.key: item for item in batch.items}
        treated = []
        for one in outcomes:
            if one.is_existing:
                await self._clock.sleep(0)
                one = await self._treat_one(one, items[one.key], batch)
            treated.append(one)
        return treated

    async def treat_resumed(self, outcomes: Sequence[Outcome], batch: OpenBatch) -> list[Outcome]:
        """Do the same for a job of an earlier run, of whose items only marks are at hand."""
        treated = []
        for one in outcomes:
            if one.is_existing:
                await self._clock.sleep(0)
                one = await self._treat_resumed_one(one, batch)
            treated.append(one)
        return treated

    async def _treat_resumed_one(self, outcome: Outcome, batch: OpenBatch) -> Outcome:
        key = outcome.key
        if key in batch.unsure and key not in batch.existing:
            entry = await self._entry_by_pair(outcome)
            if entry is None or not contradicts(batch.marks.get(key, b""), entry):
                found = await self._with_media_id(outcome)
                return found._replace(state=State.SUCCESS, reason=OURS)
        if self.policy is OnExisting.SKIP:
            return outcome
        if self.policy is OnExisting.FAIL:
            return outcome._replace(state=State.FAILED)
        # Its content is known to the plan only, which sends it once more and then patches it.
        reason = f"{outcome.reason}; sent again to be patched"
        return outcome._replace(state=State.LOST, reason=reason, media_id=None)

    async def _treat_one(self, outcome: Outcome, item: Item, batch: Batch) -> Outcome:
        is_ours = await self._is_ours(outcome, item, batch)
        if self.policy is OnExisting.PATCH:
            patched = await self._patched(outcome, item, batch.marks.get(item.key))
            is_same = is_ours and patched.state is State.SKIPPED
            return patched._replace(state=State.SUCCESS, reason=OURS) if is_same else patched
        if is_ours:
            found = await self._with_media_id(outcome._replace(reason=OURS))
            return found._replace(state=State.SUCCESS)
        if self.policy is OnExisting.FAIL:
            return outcome._replace(state=State.FAILED)
        return await self._with_media_id(outcome)

    async def _is_ours(self, outcome: Outcome, item: Item, batch: Batch) -> bool:
        """Tell whether an earlier request without an answer created what is there."""
        if item.key not in batch.unsure or item.key in batch.existing:
            return False
        entry = await self._entry_by_pair(outcome)
        return entry is None or not contradicts(marks_from(item.body), entry)

    async def _with_media_id(self, outcome: Outcome) -> Outcome:
        if outcome.media_id is not None:
            return outcome
        entry = await self._entry_by_pair(outcome)
        if not self._may_look_up:
            return outcome._replace(reason=f"{outcome.reason}; {NO_LOOK_UP}")
        media_id = entry.get("id") if entry else None
        return outcome._replace(media_id=media_id if isinstance(media_id, str) else None)

    async def _entry_by_pair(self, outcome: Outcome) -> dict[str, Any] | None:
        if not self._may_look_up:
            return None
        key = outcome.key
        try:
            return await self._client.find_entry(key.system_name, key.external_id)
        except (RequestRefused, UnexpectedAnswer):
            # A server that has no such look-up must not end every run that would like one.
            self._may_look_up = False
        except Unauthorized as error:
            if error.status != 403:
                raise
            self._may_look_up = False
        return None

    async def _patched(self, outcome: Outcome, item: Item, marks: bytes | None) -> Outcome:
        attempts = Attempts(PATCHINGS, self._clock.monotonic() + TOTAL_SECONDS)
        while True:
            entry = await self._entry_of(outcome)
            if entry is None:
                reason = f"{outcome.reason}; it cannot be read, so it is not patched"
                return outcome._replace(state=State.FAILED, reason=reason)
            if entry.get("externalId", item.key.external_id) != item.key.external_id:
                reason = f"{outcome.reason}; that entry is another one's"
                return outcome._replace(state=State.FAILED, reason=reason, media_id=None)
            outcome = outcome._replace(media_id=entry["id"])
            patch = patch_for(item.body, entry, marks)
            if patch.conflicts:
                return _edited(outcome, ", ".join(patch.conflicts))
            if not patch.operations:
                return _unpatched(outcome, patch, is_known=marks is not None)
            try:
                body = patch.body(entry.get("version"), self._client.api_version)
                await self._client.patch(entry["id"], body)
            except AnswerLost as error:
                if await self._is_given_up(error, attempts):
                    reason = "the answers to its PATCH were lost"
                    return outcome._replace(state=State.FAILED, reason=reason)
                continue
            except RequestRefused as error:
                if error.status == CONFLICT:
                    return _edited(outcome, "its version")
                return outcome._replace(state=State.FAILED, reason=str(error))
            told = _reason(f"patched {', '.join(patch.changed)}", patch)
            return outcome._replace(state=State.SUCCESS, reason=told)

    async def _is_given_up(self, error: AnswerLost, attempts: Attempts) -> bool:
        """Wait for the next attempt at a PATCH; a server that stays unavailable ends the run."""
        if attempts.is_over(self._clock.monotonic(), is_busy=error.is_busy):
            if error.is_busy:
                raise ServerUnavailable(str(error), is_declined=False)
            return True
        await self._clock.sleep(wait_seconds(error, attempts.busy))
        return False

    async def _entry_of(self, outcome: Outcome) -> dict[str, Any] | None:
        if outcome.media_id is not None:
            entry = await self._client.entry(outcome.media_id)
        else:
            key = outcome.key
            entry = await self._client.find_entry(key.system_name, key.external_id)
        return entry if entry is not None and isinstance(entry.get("id"), str) else None


def _unpatched(outcome: Outcome, patch: Patch, *, is_known: bool) -> Outcome:
    # A success tells the ledger that the server holds what the item says now.
    state = State.SUCCESS if is_known and not patch.impossible else State.SKIPPED
    return outcome._replace(state=state, reason=_reason("nothing to patch", patch))


def _edited(outcome: Outcome, what: str) -> Outcome:
    reason = f"changed in Livingdocs meanwhile: {what}"
    return outcome._replace(state=State.FAILED, reason=reason)


def _reason(done: str, patch: Patch) -> str:
    if not patch.impossible:
        return done
    return f"{done}; a PATCH cannot change {', '.join(patch.impossible)}"
