"""What a finished job means for the items of its batch. Pure: nothing is asked, nothing written."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.model import ItemKey, Job, Outcome, Result, State


def settle(keys: Sequence[ItemKey], job: Job) -> list[Outcome]:
    """Give every item of the batch exactly one outcome, in batch order.

    Items are matched by externalId, never by position. An item the job does not mention counts as
    failed: silence is not success. What the job tells of strangers is ignored, and of an item told
    twice the first word counts.
    """
    if job.results is None:
        reason = f"the import job ended as {job.state!r} without a list of items"
        return [Outcome(key, State.FAILED, reason) for key in keys]
    results: dict[str, Result] = {}
    for result in job.results:
        results.setdefault(result.external_id, result)
    return [_outcome(key, results.get(key.external_id)) for key in keys]


def _outcome(key: ItemKey, result: Result | None) -> Outcome:
    if result is None:
        return Outcome(key, State.FAILED, "the finished import job does not mention this item")
    if result.state is None:
        reason = f"the server calls this item {result.word!r}, a state unknown here"
        return Outcome(key, State.FAILED, reason, result.media_id)
    if result.state is State.FAILED:
        return Outcome(key, State.FAILED, result.reason or "the server gave no reason")
    return Outcome(key, result.state, result.reason, result.media_id, result.is_existing)
