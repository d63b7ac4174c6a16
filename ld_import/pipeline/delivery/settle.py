"""Converts the results of a finished job to outcomes of its batch; without input or output."""

from __future__ import annotations

from collections.abc import Sequence

from ld_import.created import CreatedOutcomes, CreatedResults
from ld_import.model import Content, ItemKey, Job, Outcome, Result, State


def settle(keys: Sequence[ItemKey], job: Job) -> Sequence[Outcome]:
    """Return exactly one outcome for every item of the batch, in batch order.

    Items are matched by externalId, and by systemName if the job contains it, never by position. An
    item that the job does not mention is failed, not successful. Results of other items are
    ignored, and the first of several results of an item counts.
    """
    results = job.results
    if results is None:
        reason = f"the import job ended as {job.state!r} without a list of items"
        return [Outcome(key, State.FAILED, reason) for key in keys]
    if are_in_order(keys, results):
        return _outcomes_in_order(keys, results)
    own = own_results_of(keys, results)
    return [_outcome(key, own.get(key)) for key in keys]


def settle_own(keys: Sequence[ItemKey], job: Job) -> Sequence[Outcome] | None:
    """Return the outcomes of `settle`, `None` unless the job `is_about` these items."""
    if job.results is not None and are_in_order(keys, job.results):
        return _outcomes_in_order(keys, job.results)
    return settle(keys, job) if job.results is None or is_about(keys, job) else None


def _outcomes_in_order(keys: Sequence[ItemKey], results: Sequence[Result]) -> Sequence[Outcome]:
    if isinstance(results, CreatedResults):
        return CreatedOutcomes(keys, results.media_ids, results.facts)
    return list(map(_outcome, keys, results))


def is_about(keys: Sequence[ItemKey], job: Job) -> bool:
    """Return whether a job with a list of items is the job of these items.

    Servers that restart the numbering of jobs assign the id of one job to another one, which may
    mention some of the same items. Therefore a job that omits some items and mentions items of
    another batch is rejected.
    """
    results = job.results or ()
    if are_in_order(keys, results):
        return True
    own = own_results_of(keys, results)
    mentioned = {(result.system_name, result.external_id) for result in results}
    return len(own) == len(keys) or 0 < len(own) == len(mentioned)


def are_in_order(keys: Sequence[ItemKey], results: Sequence[Result]) -> bool:
    """Return whether each item has exactly one result, in batch order; false if unsure.

    Most answers are like this, and no loop in Python is needed to find out.
    """
    names = [key.external_id for key in keys]
    result_names, result_systems = _names_of(results)
    if result_names != names:
        return False
    systems = {key.system_name for key in keys}
    is_same_system = set(result_systems) <= {None, *systems}
    return is_same_system and len(systems) == 1 and len(set(names)) == len(names)


def _names_of(results: Sequence[Result]) -> tuple[Sequence[str], Sequence[str | None]]:
    """Return the externalIds and the systemNames of results, which may not contain the latter."""
    if isinstance(results, CreatedResults):
        return results.external_ids, results.system_names
    return (
        [result.external_id for result in results],
        [result.system_name for result in results],
    )


def own_results_of(keys: Sequence[ItemKey], results: Sequence[Result]) -> dict[ItemKey, Result]:
    """Return the first result of each item that has one."""
    by_name = {key.external_id: key for key in keys}
    own: dict[ItemKey, Result] = {}
    for result in results:
        key = by_name.get(result.external_id)
        if key is not None and result.system_name in (None, key.system_name):
            own.setdefault(key, result)
    return own


def _outcome(key: ItemKey, result: Result | None) -> Outcome:
    if result is None:
        return Outcome(key, State.FAILED, "the finished import job does not mention this item")
    _, state, word, reason, media_id, is_existing, is_id_taken, _, facts = result
    if state is None:
        reason = f"the server reported the unknown state {word!r} for this item"
        return Outcome(key, State.FAILED, reason, media_id)
    if state is State.FAILED:
        return Outcome(key, State.FAILED, reason or "the server gave no reason")
    return Outcome(
        key, state, reason, media_id, is_existing, is_id_taken, Content.UNKNOWN, None, facts
    )
