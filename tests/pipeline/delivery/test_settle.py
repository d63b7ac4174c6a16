"""The outcomes of a batch, from the results of its job."""

from __future__ import annotations

import pytest

from ld_import.model import State
from ld_import.pipeline.delivery.settle import settle
from tests.makers import make_job, make_key, make_result

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
