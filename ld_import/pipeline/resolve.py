"""What became of a batch nobody answered for: the media library is asked for its pairs.

A pair that is there, was not before as far as the ledger knows, and does not hold other values than
those that were sent, is the proof that the request was taken in. Where nothing is
proved the item is `lost`, which the next plan reads as "send it again"; if it was taken in after
all, the server knows the pair by then and does not create it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ld_import.clock import Clock
from ld_import.errors import RequestRefused, Unauthorized, UnexpectedAnswer
from ld_import.kinds.marks import contradicts
from ld_import.model import ItemKey, OpenBatch, Outcome, State
from ld_import.pipeline.age import age_of

if TYPE_CHECKING:
    from ld_import.api.client import LivingdocsClient

# A job taken in a moment ago may still be at work: look again before concluding anything.
WAITS_SECONDS = (0.5, 1.5, 3.0)
RECENT = timedelta(seconds=60)
FOUND = "found on the server; the answer to its request was lost"


async def resolve(
    batch: OpenBatch, *, why: str, client: LivingdocsClient, clock: Clock
) -> list[Outcome]:
    """Give every item of the batch an outcome: `success` where it is found, else `lost`.

    Raises what asking raises, except that a token without the read scope proves nothing.
    """
    fresh = [key for key in batch.keys if key not in batch.existing]
    try:
        found = await _found(fresh, batch, client, clock)
    except (RequestRefused, UnexpectedAnswer):
        found = {}
    except Unauthorized as error:
        if error.status != 403:
            raise
        found = {}
    return [
        Outcome(key, State.SUCCESS, FOUND, found[key])
        if key in found
        else Outcome(key, State.LOST, f"{why}; sent again")
        for key in batch.keys
    ]


async def _found(
    keys: Sequence[ItemKey], batch: OpenBatch, client: LivingdocsClient, clock: Clock
) -> dict[ItemKey, str]:
    # Any of these three being there says that the job has done its work.
    samples = {keys[0], keys[len(keys) // 2], keys[-1]} if keys else set()
    is_recent = age_of(batch, clock) < RECENT
    for wait_seconds in WAITS_SECONDS if is_recent else (0.0,):
        await clock.sleep(wait_seconds)
        if await _look_up(sorted(samples, key=keys.index), batch, client):
            return await _look_up(keys, batch, client)
    return {}


async def _look_up(
    keys: Sequence[ItemKey], batch: OpenBatch, client: LivingdocsClient
) -> dict[ItemKey, str]:
    found: dict[ItemKey, str] = {}
    for key in keys:
        entry = await client.find_entry(key.system_name, key.external_id)
        if entry is None or not isinstance(entry.get("id"), str):
            continue
        if not contradicts(batch.marks.get(key, b""), entry):
            found[key] = entry["id"]
    return found
