"""The comparison of an item with the ledger: the reason to send or to leave it."""

from __future__ import annotations

from ld_import.kinds.field_hashes import TRIED, changed_fields, has_field
from ld_import.kinds.patchable import is_patchable
from ld_import.model import (
    OPEN,
    Invalid,
    Item,
    KnownItem,
    Leave,
    LeaveReason,
    Problem,
    Repeat,
    SendReason,
    State,
)
from ld_import.pipeline.planning.chunk import Rules


def reason_for(
    item: Item, known: KnownItem | None, rules: Rules, *, has_other_content: bool
) -> SendReason | LeaveReason:
    """Return why an item is sent or left, based on its row in the ledger.

    `has_other_content`: the content on the server differs from the ledger's, and may be patched.
    """
    if known is None:
        return SendReason.NEW
    reason = _reason_for_known(item, known, rules, has_other_content=has_other_content)
    if item.file and reason is SendReason.CHANGED and is_held(known) and not rules.patch:
        # The server would skip the entry, so that its file would be stored in vain.
        return LeaveReason.UNCHANGED
    return reason


def is_held(known: KnownItem | None) -> bool:
    """Return whether the server has an entry for an item, as far as the ledger knows."""
    if known is None:
        return False
    return known.media_id is not None or known.state in (State.SUCCESS, State.SKIPPED)


def _reason_for_known(
    item: Item, known: KnownItem, rules: Rules, *, has_other_content: bool
) -> SendReason | LeaveReason:
    if known.state in OPEN:
        return LeaveReason.OPEN
    if known.state in (State.REFUSED, State.LOST):
        # Only an earlier success proves that the entry exists.
        return SendReason.CHANGED if known.media_id else SendReason.NEW
    if known.checksum != item.checksum:
        return SendReason.CHANGED
    if known.state is State.FAILED:
        is_wanted = rules.retry_failed or rules.force
        return SendReason.RETRY if is_wanted else LeaveReason.FAILED_BEFORE
    if has_other_content and _may_patch(known, item):
        return SendReason.CHANGED
    return SendReason.RETRY if rules.force else LeaveReason.UNCHANGED


def reason_for_archived(rules: Rules) -> SendReason | LeaveReason:
    """Return why an item whose entry an undo archived is sent or left, with any content.

    The server refuses its pair, unless the entry was restored in Livingdocs.
    """
    is_wanted = rules.retry_failed or rules.force
    return SendReason.RETRY if is_wanted else LeaveReason.FAILED_BEFORE


def _may_patch(known: KnownItem, item: Item) -> bool:
    """Return whether a PATCH may have an effect: none was tried, or a patchable field differs."""
    changed = changed_fields(known.field_hashes, item.body)
    return not has_field(known.field_hashes, TRIED) or is_patchable(changed)


def repeated(item: Item, line: int, checksum: bytes) -> Leave | Invalid:
    """Return the decision about an item whose key appeared on an earlier line."""
    if checksum == item.checksum:
        return Leave(LeaveReason.REPEATED, repeat=Repeat(item.line, item.key.external_id, line))
    text = (
        f"the externalId {item.key.external_id!r} already appears on line {line}, with other"
        " content; give each item its own externalId"
    )
    return Invalid(item.line, item.key.external_id, (Problem("externalId", text),))


def states_left_unread(rules: Rules) -> frozenset[State]:
    """Return the states in which an item with unchanged text is left without being parsed."""
    # Only parsing shows which ids of `only` are in the manifest.
    if rules.force or rules.only is not None:
        return frozenset()
    settled = {State.SUCCESS, State.SKIPPED}
    return frozenset(settled if rules.retry_failed else settled | {State.FAILED})
