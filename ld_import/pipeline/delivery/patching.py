"""Patches existing entries with the smallest change, and never overwrites an editor's change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.errors import AnswerLost, RequestRefused, ServerUnavailable
from ld_import.kinds.field_hashes import hashes_after_patch, hashes_from
from ld_import.kinds.patches import Patch, patch_for
from ld_import.model import Content, Item, Outcome, State
from ld_import.pipeline.delivery.attempts import TOTAL_SECONDS, Attempts, wait_seconds
from ld_import.pipeline.delivery.lookup import Entry

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

# After a lost answer the entry is read again, which shows whether the patch arrived.
PATCHINGS = 3
OURS = "written by an earlier request whose answer was lost"


@dataclass(frozen=True, slots=True)
class Patcher:
    """Reads entries and patches them."""

    client: LivingdocsClient
    clock: Clock

    async def patched(
        self,
        outcome: Outcome,
        item: Item,
        *,
        held: bytes | None,
        lost: bytes,
        is_ours: Callable[[Entry], bool],
    ) -> Outcome:
        """Patch the entry of an item to the content of the item, and return the outcome.

        `held` are the marks of the content that the server accepted last, `None` if unknown; `lost`
        are the marks of a later request without an answer. Raises the errors of the client.
        """
        attempts = Attempts(PATCHINGS, self.clock.monotonic() + TOTAL_SECONDS)
        while True:
            entry = await _entry_of(outcome, self.client)
            if entry is None:
                return _failed(
                    outcome, f"{outcome.reason}; it cannot be read, so it is not patched"
                )
            if not _has_pair_of(entry, item):
                outcome = outcome._replace(media_id=None)
                return _failed(
                    outcome, f"{outcome.reason}; the entry belongs to another externalId"
                )
            outcome = outcome._replace(media_id=entry["id"])
            if is_ours(entry):
                is_existing = held is not None
                return outcome._replace(state=State.SUCCESS, reason=OURS, is_existing=is_existing)
            patch = patch_for(item.body, entry, held, lost)
            if patch.conflicts:
                return _edited(outcome, ", ".join(patch.conflicts))
            try:
                done = await _applied(patch, entry, self.client)
                return _settled(outcome, patch, done, item, held)
            except AnswerLost as error:
                if await _is_given_up(error, attempts, self.clock):
                    return _failed(outcome, "the answers to its PATCH were lost")
            except RequestRefused as error:
                is_edited = error.status == HTTPStatus.CONFLICT
                return (
                    _edited(outcome, "its version") if is_edited else _failed(outcome, str(error))
                )


async def _applied(patch: Patch, entry: Entry, client: LivingdocsClient) -> str:
    """Send the patch unless it is empty, and return a description of the change."""
    if not patch.operations:
        return "nothing to patch"
    await client.patch(entry["id"], patch.body(entry.get("version"), client.api_version))
    return f"patched {', '.join(patch.changed)}"


async def _is_given_up(error: AnswerLost, attempts: Attempts, clock: Clock) -> bool:
    """Return whether a PATCH is not tried again; otherwise wait before the next attempt.

    Raises ServerUnavailable if the server remains unavailable.
    """
    if attempts.is_over(clock.monotonic(), is_busy=error.is_busy):
        if error.is_busy:
            raise ServerUnavailable(str(error), is_declined=False)
        return True
    await clock.sleep(wait_seconds(error, attempts.busy))
    return False


async def _entry_of(outcome: Outcome, client: LivingdocsClient) -> Entry | None:
    if outcome.media_id is not None:
        entry = await client.entry(outcome.media_id)
    else:
        entry = await client.find_entry(outcome.key.system_name, outcome.key.external_id)
    return entry if entry is not None and isinstance(entry.get("id"), str) else None


def _has_pair_of(entry: Entry, item: Item) -> bool:
    # An entry without a pair is identified by its media id.
    name = entry.get("externalId")
    return name is None or (entry.get("systemName", ""), name) == item.key


def _settled(outcome: Outcome, patch: Patch, done: str, item: Item, held: bytes | None) -> Outcome:
    """Return the outcome after a patch; properties that no PATCH can change keep other content."""
    if not patch.impossible:
        # Without an earlier request of ours, the entry is another client's with equal content.
        is_own = bool(patch.operations) or held is not None
        state = State.SUCCESS if is_own else State.SKIPPED
        return outcome._replace(state=state, reason=done, content=Content.SAME)
    reason = f"{done}; a PATCH cannot change {', '.join(patch.impossible)}"
    marks = hashes_after_patch(hashes_from(item.body), held or b"", patch.impossible)
    return outcome._replace(state=State.SKIPPED, reason=reason, content=Content.OTHER, held=marks)


def _edited(outcome: Outcome, change: str) -> Outcome:
    return _failed(outcome, f"changed in Livingdocs meanwhile: {change}")


def _failed(outcome: Outcome, reason: str) -> Outcome:
    return outcome._replace(state=State.FAILED, reason=reason)
