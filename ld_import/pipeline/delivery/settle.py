"""Converts the results of a finished job to outcomes of its batch; without input or output."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.model import ItemKey, Job, Outcome, Result, State


def settle(keys: Sequence[ItemKey], job: Job) -> list[Outcome]:
    """Return exactly one outcome for every item of the batch, in batch order.

    Items are matched by externalId, and by systemName if the job contains it, never by position. An
    item that the job does not mention is failed, not successful. Results of other items are
    ignored, and the first of several results of an item counts.
    """
    if job.results is None:
        reason = f"the import job ended as {job.state!r} without a list of items"
        return [Outcome(key, State.FAILED, reason) for key in keys]
    results = _own_results(keys, job)
    return [_outcome(key, results.get(key)) for key in keys]


def is_about(keys: Sequence[ItemKey], job: Job) -> bool:
    """Return whether a job with a list of items is the job of these items.

    Servers that restart the numbering of jobs assign the id of one job to another one, which may
    mention some of the same items. Therefore a job that omits some items and mentions items of
    another batch is rejected.
    """
    own = _own_results(keys, job)
    mentioned = {(result.system_name, result.external_id) for result in job.results or ()}
    return len(own) == len(keys) or 0 < len(own) == len(mentioned)


def _own_results(keys: Sequence[ItemKey], job: Job) -> dict[ItemKey, Result]:
    by_name = {key.external_id: key for key in keys}
    results: dict[ItemKey, Result] = {}
    for result in job.results or ():
        key = by_name.get(result.external_id)
        if key is not None and result.system_name in (None, key.system_name):
            results.setdefault(key, result)
    return results


def _outcome(key: ItemKey, result: Result | None) -> Outcome:
    if result is None:
        return Outcome(key, State.FAILED, "the finished import job does not mention this item")
    if result.state is None:
        reason = f"the server reported the unknown state {result.word!r} for this item"
        return Outcome(key, State.FAILED, reason, result.media_id)
    if result.state is State.FAILED:
        return Outcome(key, State.FAILED, result.reason or "the server gave no reason")
    return Outcome(
        key,
        result.state,
        result.reason,
        result.media_id,
        result.is_existing,
        result.is_id_taken,
        facts=result.facts,
    )
