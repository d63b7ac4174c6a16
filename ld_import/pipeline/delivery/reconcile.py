"""Reconciles a batch without an answer by looking its items up in the media library.

An item is `success` only if its entry proves it. All others are `lost`, and the next plan sends
them again; if one arrived after all, the server knows its pair and does not create it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ld_import.clock import Clock
from ld_import.kinds.media_facts import facts_from_entry
from ld_import.model import ItemKey, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.age import age_of
from ld_import.pipeline.delivery.lookup import Entry, EntryReader

# A recently accepted job may still be running: look up again before concluding anything.
WAITS_SECONDS = (0.5, 1.5, 3.0)
RECENT = timedelta(seconds=60)
FOUND = "found on the server with all that was sent"


async def resolve(
    batch: OpenBatch, *, reason: str, reader: EntryReader, clock: Clock
) -> list[Outcome]:
    """Return an outcome for every item of the batch: `success` if it is proved, else `lost`.

    Raises the errors of the reader. If entries cannot be read, no item is proved.
    """
    fresh = [key for key in batch.keys if key not in batch.existing]
    entries = await _proved(fresh, batch, reader, clock)
    return [
        _arrived(key, entries[key], reason)
        if key in entries
        else Outcome(key, State.LOST, f"{reason}; sent again")
        for key in batch.keys
    ]


def _arrived(key: ItemKey, entry: Entry, reason: str) -> Outcome:
    facts = facts_from_entry(entry)
    return Outcome(key, State.SUCCESS, f"{FOUND}; {reason}", entry["id"], facts=facts)


async def _proved(
    keys: Sequence[ItemKey], batch: OpenBatch, reader: EntryReader, clock: Clock
) -> dict[ItemKey, Entry]:
    """Return the entries of the items that prove that this batch arrived."""
    # If any of these three entries exists, the job has done its work.
    samples = {keys[0], keys[len(keys) // 2], keys[-1]} if keys else set()
    is_recent = age_of(batch, clock) < RECENT
    for wait_seconds in WAITS_SECONDS if is_recent else (0.0,):
        await clock.sleep(wait_seconds)
        if await _look_up(sorted(samples, key=keys.index), batch, reader):
            return await _look_up(keys, batch, reader)
    return {}


async def _look_up(
    keys: Sequence[ItemKey], batch: OpenBatch, reader: EntryReader
) -> dict[ItemKey, Entry]:
    found: dict[ItemKey, Entry] = {}
    for key in keys:
        entry = await reader.by_pair(key)
        if entry is None or not isinstance(entry.get("id"), str):
            continue
        since = batch.unconfirmed.get(key, batch.created_at)
        if reader.proves(entry, batch.field_hashes.get(key, b""), since):
            found[key] = entry
    return found
