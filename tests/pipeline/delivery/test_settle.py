"""The outcomes of a batch, from the results of its job."""

from __future__ import annotations

import random

import pytest

from ld_import.created import CreatedOutcomes, CreatedResults, FactColumns
from ld_import.model import ItemKey, State
from ld_import.pipeline.delivery.settle import are_in_order, is_about, own_results_of, settle
from tests.makers import SYSTEM, make_job, make_key, make_result

KEYS = [make_key(number) for number in (1, 2, 3)]


@pytest.mark.parametrize("state", ["failed", "success", "started", "weird"])
def test_job_without_item_list_fails_every_item(state):
    """A job that failed as a whole leaves no item without an outcome."""
    outcomes = settle(KEYS, make_job(state=state, results=None))

    assert [outcome.key for outcome in outcomes] == KEYS
    assert {outcome.state for outcome in outcomes} == {State.FAILED}
    assert all(state in (outcome.reason or "") for outcome in outcomes)


def test_items_are_matched_by_external_id_not_by_position():
    """The order of the list is irrelevant."""
    results = tuple(make_result(number, media_id=f"m{number}") for number in (3, 1, 2))

    outcomes = settle(KEYS, make_job(results=results))

    assert [outcome.media_id for outcome in outcomes] == ["m1", "m2", "m3"]


def test_missing_result_is_not_success():
    """An item the finished job does not mention counts as failed."""
    outcomes = settle(KEYS, make_job(results=(make_result(1), make_result(3))))

    assert [outcome.state for outcome in outcomes] == [State.SUCCESS, State.FAILED, State.SUCCESS]
    assert "does not mention" in (outcomes[1].reason or "")


def test_other_items_and_second_results_are_ignored():
    """Results of other items have no effect, and the first result of an item counts."""
    results = (
        make_result(1),
        make_result(1, State.FAILED, reason="later"),
        make_result(2),
        make_result(3),
        make_result(99, State.FAILED),
    )

    assert {outcome.state for outcome in settle(KEYS, make_job(results=results))} == {State.SUCCESS}


def test_states_keep_their_meaning():
    """`skipped` keeps its reason; `failed` has a reason even if the server gave none."""
    results = (
        make_result(1, State.SKIPPED, reason="already exists"),
        make_result(2, State.FAILED, media_id=None),
        make_result(3, None, word="postponed"),
    )

    skipped, failed, unknown = settle(KEYS, make_job(state="failed", results=results))

    assert (skipped.state, skipped.reason, skipped.media_id) == (
        State.SKIPPED,
        "already exists",
        "m1",
    )
    assert (failed.state, failed.reason) == (State.FAILED, "the server gave no reason")
    assert unknown.state is State.FAILED
    assert "'postponed'" in (unknown.reason or "")


def any_results(keys, rng):
    """Return results in batch order, mostly with one to three differences from a complete list."""
    results = [make_result(media_id=f"m{at}") for at in range(len(keys))]
    results = [
        result._replace(external_id=key.external_id, system_name=rng.choice([None, key[0]]))
        for result, key in zip(results, keys, strict=True)
    ]
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(results)) if results else 0
        change = rng.choice(("drop", "double", "foreign", "system", "swap", "state"))
        if change == "foreign" or not results:
            results.insert(at, make_result(99, media_id="foreign"))
        elif change == "drop":
            del results[at]
        elif change == "double":
            results.insert(at, results[-1]._replace(state=State.FAILED, reason="again"))
        elif change == "system":
            results[at] = results[at]._replace(system_name=rng.choice(["other", "archive"]))
        elif change == "swap":
            results[at], results[-1] = results[-1], results[at]
        else:
            states = (State.SKIPPED, State.FAILED, None)
            results[at] = results[at]._replace(state=rng.choice(states), is_existing=True)
    return tuple(results)


def test_answers_in_batch_order_have_the_outcomes_of_any_other():
    """Generated answers: the comparison of whole lists decides like the search for each item."""
    rng = random.Random(20261126)
    in_order = 0
    for _ in range(2000):
        keys = [
            ItemKey(rng.choice(["archive"] * 9 + ["other"]), f"id-{rng.choice([at, at, at, 0])}")
            for at in range(rng.randrange(1, 5))
        ]
        job = make_job(results=any_results(keys, rng))
        own = own_results_of(keys, job.results)
        mentioned = {(result.system_name, result.external_id) for result in job.results}

        assert is_about(keys, job) == (len(own) == len(keys) or 0 < len(own) == len(mentioned))
        # A result of another item is ignored, and prevents the comparison of whole lists.
        searched = make_job(results=(*job.results, make_result(98)))
        assert settle(keys, job) == settle(keys, searched)
        assert [outcome.key for outcome in settle(keys, job)] == keys
        in_order += are_in_order(keys, job.results)
    assert 200 < in_order < 1800


def test_columns_have_the_outcomes_of_objects():
    """The results of created items, in any order and also of other items: the same outcomes."""
    rng = random.Random(20261127)
    for _ in range(500):
        numbers = [rng.randrange(1, 5) for _ in range(rng.randrange(1, 5))]
        names = [f"v{number}" for number in (numbers if rng.random() < 0.4 else range(1, 4))]
        systems = [rng.choice([SYSTEM, SYSTEM, None, "other"]) for _ in names]
        urls = [f"https://c/{name}" for name in names]
        facts: FactColumns = rng.choice([(), (urls, *[[None] * len(names)] * 6)])
        created = CreatedResults("imported", names, systems, [f"m{name}" for name in names], facts)
        job, plain = make_job(results=created), make_job(results=tuple(created))

        assert is_about(KEYS, job) == is_about(KEYS, plain)
        assert list(settle(KEYS, job)) == list(settle(KEYS, plain))
    assert isinstance(settle(KEYS, make_job(results=of_all())), CreatedOutcomes)


def of_all():
    names = [key.external_id for key in KEYS]
    return CreatedResults("imported", names, [SYSTEM] * 3, ["a", "b", "c"], ())
