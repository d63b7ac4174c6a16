"""Evidence for an undo: that a run created an entry, and that it is unchanged since.

Without evidence an entry is left: an archived entry keeps its pair for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from ld_import.kinds.proof import created_at, holds_content, unsent_metadata, written_at
from ld_import.model import Archiving, CreatedItem, State

# The ledger and the `Date` header count whole seconds, so that two roundings may add up.
ROUNDING = timedelta(seconds=1)
ROUNDINGS = timedelta(seconds=3)
DIGEST_BYTES = 16
# The documented members of an entry, but for its version and the time of its last change.
MEMBERS = (
    "id",
    "systemName",
    "externalId",
    "mediaType",
    "asset",
    "metadata",
    "translations",
    "createdAt",
)


class Refusal(NamedTuple):
    """The reason why an entry is left, and the details of one item."""

    reason: str
    detail: str = ""


class NothingToDo(Enum):
    """Items of a run without an entry to archive."""

    NOT_CREATED = auto()
    ARCHIVED_BEFORE = auto()


EXISTED = "the entry existed before this run"
UNKNOWN_RESULT = "the result is unknown; run the import again, which finds it"
LATER_RUN = "a later run sent it again"
EARLIER_RUN = "an earlier run created it"
PRUNED = "the ledger no longer has all attempts (`ledger prune`)"
NO_EVIDENCE = "the ledger does not say whether this run created the entry"
NO_ENTRY = "no entry has this media id: it was deleted, or archived"
OTHER_ENTRY = "the pair belongs to another entry now"
OTHER_PAIR = "the entry belongs to another externalId"
OLDER = "the entry is older than this run"
YOUNGER = "the entry is younger than this run"
CHANGED = "the entry was changed since"
NO_VERSION = "the server names no version or time of the entry, so that a change would be missed"


def before_reading(item: CreatedItem, run_id: str) -> Refusal | NothingToDo | None:
    """Judge an item by the ledger alone; `None` if its entry must be read."""
    if item.last_activity == "undo":
        return NothingToDo.ARCHIVED_BEFORE
    # A later run may have found only that a request of this run had arrived.
    if item.last_run != run_id and (item.state is not State.SUCCESS or item.is_existing):
        return Refusal(LATER_RUN, item.last_run)
    if item.state in (State.FAILED, State.REFUSED):
        return NothingToDo.NOT_CREATED
    if item.state is State.SKIPPED or item.is_existing:
        return Refusal(EXISTED)
    if item.state is not State.SUCCESS:
        return Refusal(UNKNOWN_RESULT)
    if item.missing_attempts:
        return Refusal(PRUNED)
    if item.is_existing is None or item.media_id is None or item.settled_at is None:
        return Refusal(NO_EVIDENCE)
    return None


def of_entry(item: CreatedItem, entry: dict[str, Any], skew_seconds: float) -> Refusal | None:
    """Judge the entry of an item; `None` if the run created it and it is unchanged since.

    `skew_seconds` is the clock of the server minus ours.
    """
    if not _has_pair(entry, item):
        return Refusal(OTHER_PAIR, f"{entry.get('systemName')}, {entry.get('externalId')}")
    created, written, settled_at = created_at(entry), written_at(entry), item.settled_at
    if created is None or written is None or settled_at is None or not has_version(entry):
        return Refusal(NO_VERSION)
    skew = timedelta(seconds=skew_seconds)
    if created < item.own_sent_at + skew - ROUNDING:
        is_ours = created >= item.first_sent_at + skew - ROUNDING
        return Refusal(EARLIER_RUN if is_ours else OLDER, f"created {_shown(created)}")
    if item.next_sent_at is not None and written >= item.next_sent_at + skew:
        return Refusal(LATER_RUN, f"{item.last_run}, updated {_shown(written)}")
    if created > settled_at + skew + ROUNDINGS:
        return Refusal(YOUNGER, f"created {_shown(created)}")
    if written > created + ROUNDING and not _is_import_itself(item, entry, written - skew):
        return Refusal(CHANGED, f"updated {_shown(written)}")
    if not holds_content(item.field_hashes, entry):
        return Refusal(CHANGED, "its content is not what was sent")
    return None


def _is_import_itself(item: CreatedItem, entry: dict[str, Any], written: datetime) -> bool:
    """Return whether the last write may belong to the import: a server may write an entry twice.

    Only until the run itself recorded the result; after a crash that may be hours later.
    """
    settled_at, ended_at = item.settled_at, item.ended_at
    if settled_at is None or ended_at is None or settled_at > ended_at or item.next_sent_at:
        return False
    return written <= settled_at + ROUNDINGS and not unsent_metadata(item.field_hashes, entry)


def has_version(entry: dict[str, Any]) -> bool:
    """Return whether an entry has a version that a PATCH can name."""
    version = entry.get("version")
    return isinstance(version, int | str) and not isinstance(version, bool)


def version_of(entry: dict[str, Any]) -> str:
    """Return the version of an entry as JSON."""
    return orjson.dumps(entry.get("version")).decode()


def digest_of(entry: dict[str, Any]) -> bytes:
    """Return the fingerprint of what an entry shows but for its version and its last change."""
    shown = {name: entry.get(name) for name in MEMBERS}
    text = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=DIGEST_BYTES).digest()


class Found(Enum):
    """An entry after a request to archive it, whose answer is not known."""

    ARCHIVED = auto()
    UNTOUCHED = auto()
    CHANGED = auto()


def found_after(begun: Archiving, entry: dict[str, Any] | None) -> Found:
    """Recognise an entry that a request without an answer has archived, if it arrived.

    Archiving raises the version by one and changes nothing else that is readable; a server may also
    stop to show the entry.
    """
    if entry is None:
        return Found.ARCHIVED
    version = entry.get("version")
    before = orjson.loads(begun.version)
    if version == before:
        return Found.UNTOUCHED
    is_next = isinstance(before, int) and isinstance(version, int) and version == before + 1
    is_same = digest_of(entry) == begun.entry_digest
    return Found.ARCHIVED if is_next and is_same else Found.CHANGED


def _has_pair(entry: dict[str, Any], item: CreatedItem) -> bool:
    # An entry without a pair is identified by its media id.
    name = entry.get("externalId")
    return name is None or (entry.get("systemName", ""), name) == item.key


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
