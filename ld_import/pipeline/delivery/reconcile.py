"""What became of a batch without an answer: the media library is asked for its pairs.

An item is `success` only where its entry proves it. Everything else is `lost`, which the next plan
reads as "send it again"; if it arrived after all, the server knows the pair and does not create it
twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ld_import.clock import Clock
from ld_import.model import ItemKey, OpenBatch, Outcome, State
from ld_import.pipeline.delivery.age import age_of
from ld_import.pipeline.delivery.lookup import EntryReader

# A job accepted a moment ago may still be at work: look again before concluding anything.
WAITS_SECONDS = (0.5, 1.5, 3.0)
RECENT = timedelta(seconds=60)
FOUND = "found on the server with all that was sent"


async def resolve(
    batch: OpenBatch, *, why: str, reader: EntryReader, clock: Clock
) -> list[Outcome]:
    """Give every item of the batch an outcome: `success` where it is proved, else `lost`.

    Raises what reading raises; where nothing can be read nothing is proved.
    """
    fresh = [key for key in batch.keys if key not in batch.existing]
    found = await _found(fresh, batch, reader, clock)
    return [
        Outcome(key, State.SUCCESS, f"{FOUND}; {why}", found[key])
        if key in found
        else Outcome(key, State.LOST, f"{why}; sent again")
        for key in batch.keys
    ]


async def _found(
    keys: Sequence[ItemKey], batch: OpenBatch, reader: EntryReader, clock: Clock
) -> dict[ItemKey, str]:
    # Any of these three being there says that the job has done its work.
    samples = {keys[0], keys[len(keys) // 2], keys[-1]} if keys else set()
    is_recent = age_of(batch, clock) < RECENT
    for wait_seconds in WAITS_SECONDS if is_recent else (0.0,):
        await clock.sleep(wait_seconds)
        if await _look_up(sorted(samples, key=keys.index), batch, reader):
            return await _look_up(keys, batch, reader)
    return {}


async def _look_up(
    keys: Sequence[ItemKey], batch: OpenBatch, reader: EntryReader
) -> dict[ItemKey, str]:
    found: dict[ItemKey, str] = {}
    for key in keys:
        entry = await reader.by_pair(key)
        if entry is None or not isinstance(entry.get("id"), str):
            continue
        since = batch.unconfirmed.get(key, batch.created_at)
        if reader.proves(entry, batch.field_hashes.get(key, b""), since):
            found[key] = entry["id"]
    return found
