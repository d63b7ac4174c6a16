"""Matching: each result belongs to the item it names, or to none."""

from __future__ import annotations

import random
from itertools import permutations

import orjson
import pytest

from ld_import.model import State
from tests.kinds.contract import example
from tests.kinds.media_library.entries import (
    LIBRARY,
    RANDOM,
    created,
    make_item,
    media_ids,
    read,
    refused,
)

ITEMS = [make_item(name, id=f"m-{name}") for name in "abc"]
ITEMS_WITHOUT_ID = [make_item(name, kind=RANDOM) for name in "abc"]


def pair(name, system_name="archive"):
    return {"externalId": name, "systemName": system_name}


def results_of(name):
    """Return the results of a documented answer."""
    (listed,) = example(name)["body"].values()
    return listed


@pytest.mark.parametrize("key", ["results", "mediaLibraryEntries"])
def test_list_under_either_name(key):
    """Both names of the list are read, for every API version."""
    job = LIBRARY.submitted_from({key: [created("m-a")]}, ITEMS[:1])

    assert job is not None
    assert (job.job_id, job.state, job.finished, job.is_lost) == (None, "success", True, False)
    assert [result.media_id for result in job.results or ()] == ["m-a"]


def test_name_without_a_list_is_passed_over():
    """The second name is read if the first has no list."""
    answer = {"results": None, "mediaLibraryEntries": [created("m-a")]}
    job = LIBRARY.submitted_from(answer, ITEMS)

    assert job is not None
    assert len(job.results or ()) == 1


@pytest.mark.parametrize("listed", [None, 5, "x", {}, {"a": 1}])
def test_answer_without_a_list(listed):
    """An answer without a list is not accepted."""
    assert LIBRARY.submitted_from({"results": listed}, ITEMS) is None


@pytest.mark.parametrize("suffix", ["", "-2025-03"])
def test_documented_answers(suffix):
    """The documented requests and answers match by id."""
    name = f"library-import{suffix}"
    sent = example(name)["request"]["body"]["mediaLibraryEntries"]
    items = [make_item(fields["externalId"], id=fields["id"]) for fields in sent]
    items.append(make_item("fourth", id="custom-4"))

    (result,) = read(items, *results_of(name))
    others = read(items, *results_of(name.replace("import", "import-errors")))

    assert (result.external_id, result.state, result.media_id) == (
        "6hedie82",
        State.SUCCESS,
        "custom-1",
    )
    assert [other.state for other in others] == [State.SKIPPED] * 2 + [State.FAILED] * 2
    assert [other.external_id for other in others] == [item.key.external_id for item in items]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    ("items", "results"),
    [
        (ITEMS, [created(f"m-{name}") for name in "abc"]),
        (ITEMS, [{"ok": True, "record": {"id": f"m-{name}"}} for name in "abc"]),
        (ITEMS_WITHOUT_ID, [created(f"m-{name}", **pair(name)) for name in "abc"]),
        (ITEMS_WITHOUT_ID, [{"id": f"m-{name}", **pair(name)} for name in "abc"]),
    ],
)
def test_any_order(items, results, order):
    """Results match by id, by pair or as entries, and are returned in the order of the items."""
    shuffled = [results[position] for position in order]

    assert media_ids(items, *shuffled) == [("a", "m-a"), ("b", "m-b"), ("c", "m-c")]


@pytest.mark.parametrize(
    ("items", "form"),
    [
        (ITEMS, "id: m-{name}"),
        (ITEMS, "externalId: {name}"),
        (ITEMS, "index: {position}"),
        (ITEMS_WITHOUT_ID, "externalId: {name}"),
        (ITEMS_WITHOUT_ID, "index: {position}"),
    ],
)
def test_correlation(items, form):
    """A refusal names its item in `correlation`; the index starts at 0."""
    results = [
        refused(form.format(name=name, position=position), message=f"no {name}")
        for position, name in enumerate("abc")
    ]

    matches = read(items, *reversed(results))

    assert [(match.external_id, match.reason) for match in matches] == [
        (name, f"no {name}") for name in "abc"
    ]


@pytest.mark.parametrize("name", ["a: b", "id: x", " a ", "ü\n", "index: 0"])
def test_correlation_of_odd_ids(name):
    """An externalId may contain any text, including the prefix of a correlation."""
    items = [make_item("other"), make_item(name)]
    (result,) = read(items, refused(f"externalId: {name}", message="no"))

    assert result.external_id == name


@pytest.mark.parametrize("missing", range(3))
def test_missing_result(missing):
    """An item without a result does not get the result of another item."""
    results = [created(f"m-{name}") for name in "abc"]
    del results[missing]

    assert len(media_ids(ITEMS, *results)) == 2
    assert all(media_id == f"m-{name}" for name, media_id in media_ids(ITEMS, *results))


def test_missing_results_without_names():
    """Fewer results than items, without names, cannot be matched."""
    assert read(ITEMS_WITHOUT_ID, created("1"), created("2")) == ()


def test_position_matches_the_rest():
    """If there are as many results as items, in order, results without a name match by position."""
    results = [created("1"), refused("externalId: b"), created("3")]

    assert media_ids(ITEMS_WITHOUT_ID, *results) == [("a", "1"), ("b", None), ("c", "3")]


def test_position_is_unreliable_out_of_order():
    """One result at another position makes all positions unreliable."""
    results = [refused("externalId: b"), created("1"), created("3")]

    assert media_ids(ITEMS_WITHOUT_ID, *results) == [("b", None)]


@pytest.mark.parametrize(
    "unknown",
    [
        created("other"),
        created("m-a", **pair("z")) | {"id": "z"},
        refused("id: z"),
        refused("externalId: never-sent-1"),
        refused("index: 7"),
        None,
        5,
    ],
)
def test_unknown_result_does_not_match_by_position(unknown):
    """A result that names another entry, or is invalid, does not match by position."""
    results = [created("m-a"), unknown, created("m-c")]

    assert media_ids(ITEMS, *results) == [("a", "m-a"), ("c", "m-c")]


def test_surplus_results():
    """Additional unknown or repeated results change nothing."""
    results = [created(f"m-{name}") for name in "abc"]
    surplus = [refused("externalId: z"), *results, refused("id: m-a"), results[0], created("z")]

    assert media_ids(ITEMS, *surplus) == media_ids(ITEMS, *results)


def test_repeated_result_does_not_match_by_position():
    """A created entry that is listed twice matches one item only."""
    results = [created("1"), created("1"), created("3")]

    assert media_ids(ITEMS_WITHOUT_ID, *results) == [("a", "1"), ("c", "3")]


def test_id_counts_before_pair_and_correlation():
    """If names contradict each other, the id takes precedence."""
    result = created("m-a", **pair("b")) | {"correlation": "id: m-c"}

    assert media_ids(ITEMS, result) == [("a", "m-a")]


def test_pair_counts_before_correlation():
    """The stored pair takes precedence over the correlation."""
    result = created("1", **pair("b")) | {"correlation": "externalId: c"}

    assert media_ids(ITEMS_WITHOUT_ID, result) == [("b", "1")]


def test_half_a_pair_matches_nothing():
    """An externalId without the right system belongs to another entry."""
    for record in ({"externalId": "a"}, pair("a", "other")):
        assert read(ITEMS_WITHOUT_ID, created("1", **record)) == ()


TWINS = [make_item("a", "one"), make_item("a", "two")]


def test_same_external_id_of_two_systems():
    """Two items may have the same externalId; their results are in the order of the items."""
    ids = [orjson.loads(item.body)["id"] for item in TWINS]
    results = [created(media_id) for media_id in reversed(ids)]

    assert media_ids(TWINS, *results) == [("a", ids[0]), ("a", ids[1])]


def test_shared_name_matches_by_position_only():
    """A correlation that two items share matches by position or not at all."""
    both = [refused("externalId: a", message=text) for text in ("first", "second")]

    assert [result.reason for result in read(TWINS, *both)] == ["first", "second"]
    assert read(TWINS, both[0]) == ()


@pytest.mark.parametrize("seed", range(20))
def test_random_results_match_once(seed):
    """Each result and each item is matched at most once, for any mix of results."""
    rng = random.Random(seed)
    items = ITEMS + ITEMS_WITHOUT_ID[1:]
    pool = [
        *(created(f"m-{name}") for name in "abz"),
        *(created(str(number), **pair(name)) for number, name in enumerate("abcz")),
        *(refused(f"externalId: {name}", message=name) for name in "abz"),
        *(refused(f"index: {position}") for position in range(9)),
        {},
        {"id": ["x"], "correlation": {}, "record": {"externalId": [], "systemName": "archive"}},
        None,
    ]
    results = rng.choices(pool, k=rng.randrange(12))

    matches = read(items, *results)

    media_ids = [match.media_id for match in matches if match.media_id]
    assert len(matches) <= min(len(items), len(results))
    assert len(media_ids) <= len(items)
    assert [match.external_id for match in matches].count("a") <= 1
