"""What a job means for the items of its batch."""

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

    assert [one.key for one in outcomes] == KEYS
    assert {one.state for one in outcomes} == {State.FAILED}
    assert all(state in (one.reason or "") for one in outcomes)


def test_items_are_matched_by_external_id_not_by_position():
    """The order of the list means nothing."""
    results = tuple(make_result(number, media_id=f"m{number}") for number in (3, 1, 2))

    outcomes = settle(KEYS, make_job(results=results))

    assert [one.media_id for one in outcomes] == ["m1", "m2", "m3"]


def test_silence_is_not_success():
    """An item the finished job does not mention counts as failed."""
    outcomes = settle(KEYS, make_job(results=(make_result(1), make_result(3))))

    assert [one.state for one in outcomes] == [State.SUCCESS, State.FAILED, State.SUCCESS]
    assert "does not mention" in (outcomes[1].reason or "")


def test_strangers_and_second_words_are_ignored():
    """What the job tells of others changes nothing, and the first word of an item counts."""
    results = (
        make_result(1),
        make_result(1, State.FAILED, reason="later"),
        make_result(2),
        make_result(3),
        make_result(99, State.FAILED),
    )

    assert {one.state for one in settle(KEYS, make_job(results=results))} == {State.SUCCESS}


def test_states_keep_their_meaning():
    """`skipped` stays skipped with its reason, `failed` has one even when the server gave none."""
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
