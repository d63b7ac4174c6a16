"""Matches: each result goes to the item it names, and to none rather than to the wrong one."""

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
STRANGERS = [make_item(name, kind=RANDOM) for name in "abc"]


def pair(name, system_name="archive"):
    return {"externalId": name, "systemName": system_name}


def results_of(name):
    """Return the results of a documented answer."""
    (listed,) = example(name)["body"].values()
    return listed


@pytest.mark.parametrize("key", ["results", "mediaLibraryEntries"])
def test_list_under_either_name(key):
    """The version does not matter: both names of the list are read."""
    job = LIBRARY.submitted_from({key: [created("m-a")]}, ITEMS[:1])

    assert job is not None
    assert (job.job_id, job.state, job.finished, job.is_lost) == (None, "success", True, False)
    assert [one.media_id for one in job.results or ()] == ["m-a"]


def test_name_without_a_list_is_passed_over():
    """The other name counts where the first holds no list."""
    answer = {"results": None, "mediaLibraryEntries": [created("m-a")]}
    job = LIBRARY.submitted_from(answer, ITEMS)

    assert job is not None
    assert len(job.results or ()) == 1


@pytest.mark.parametrize("listed", [None, 5, "x", {}, {"a": 1}])
def test_no_list_is_no_answer(listed):
    """Without a list this is not the answer of an import."""
    assert LIBRARY.submitted_from({"results": listed}, ITEMS) is None


@pytest.mark.parametrize("suffix", ["", "-2025-03"])
def test_documented_answers(suffix):
    """The documented request and answers fit together by id."""
    name = f"library-import{suffix}"
    sent = example(name)["request"]["body"]["mediaLibraryEntries"]
    items = [make_item(one["externalId"], id=one["id"]) for one in sent]
    items.append(make_item("fourth", id="custom-4"))

    (one,) = read(items, *results_of(name))
    others = read(items, *results_of(name.replace("import", "import-errors")))

    assert (one.external_id, one.state, one.media_id) == ("6hedie82", State.SUCCESS, "custom-1")
    assert [one.state for one in others] == [State.SKIPPED] * 2 + [State.FAILED] * 2
    assert [one.external_id for one in others] == [item.key.external_id for item in items]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    ("items", "results"),
    [
        (ITEMS, [created(f"m-{name}") for name in "abc"]),
        (ITEMS, [{"ok": True, "record": {"id": f"m-{name}"}} for name in "abc"]),
        (STRANGERS, [created(f"m-{name}", **pair(name)) for name in "abc"]),
        (STRANGERS, [{"id": f"m-{name}", **pair(name)} for name in "abc"]),
    ],
)
def test_any_order(items, results, order):
    """By id, by pair or as bare entries: results find their items, told in the items' order."""
    shuffled = [results[place] for place in order]

    assert media_ids(items, *shuffled) == [("a", "m-a"), ("b", "m-b"), ("c", "m-c")]


@pytest.mark.parametrize(
    ("items", "form"),
    [
        (ITEMS, "id: m-{name}"),
        (ITEMS, "externalId: {name}"),
        (ITEMS, "index: {place}"),
        (STRANGERS, "externalId: {name}"),
        (STRANGERS, "index: {place}"),
    ],
)
def test_correlation(items, form):
    """A refusal says in words whom it is about; places count from nought."""
    results = [
        refused(form.format(name=name, place=place), message=f"no {name}")
        for place, name in enumerate("abc")
    ]

    found = read(items, *reversed(results))

    assert [(one.external_id, one.reason) for one in found] == [
        (name, f"no {name}") for name in "abc"
    ]


@pytest.mark.parametrize("name", ["a: b", "id: x", " a ", "ü\n", "index: 0"])
def test_correlation_of_odd_ids(name):
    """An externalId may hold anything, words of a correlation included."""
    items = [make_item("other"), make_item(name)]
    (result,) = read(items, refused(f"externalId: {name}", message="no"))

    assert result.external_id == name


@pytest.mark.parametrize("missing", range(3))
def test_missing_result(missing):
    """An item that is not mentioned gets no result of another's."""
    results = [created(f"m-{name}") for name in "abc"]
    del results[missing]

    assert len(media_ids(ITEMS, *results)) == 2
    assert all(media_id == f"m-{name}" for name, media_id in media_ids(ITEMS, *results))


def test_missing_results_without_names():
    """Fewer results than items, and no names: nobody can tell whose they are."""
    assert read(STRANGERS, created("1"), created("2")) == ()


def test_place_tells_the_rest():
    """As many results as items, in order: what names nobody belongs where it stands."""
    results = [created("1"), refused("externalId: b"), created("3")]

    assert media_ids(STRANGERS, *results) == [("a", "1"), ("b", None), ("c", "3")]


def test_place_means_nothing_out_of_order():
    """One result known to stand elsewhere is enough to trust no place at all."""
    results = [refused("externalId: b"), created("1"), created("3")]

    assert media_ids(STRANGERS, *results) == [("b", None)]


@pytest.mark.parametrize(
    "stranger",
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
def test_stranger_takes_no_place(stranger):
    """A result that names another entry, or is none, is not the missing item's."""
    results = [created("m-a"), stranger, created("m-c")]

    assert media_ids(ITEMS, *results) == [("a", "m-a"), ("c", "m-c")]


def test_surplus_results():
    """Strangers and repetitions beside all results change nothing."""
    results = [created(f"m-{name}") for name in "abc"]
    surplus = [refused("externalId: z"), *results, refused("id: m-a"), results[0], created("z")]

    assert media_ids(ITEMS, *surplus) == media_ids(ITEMS, *results)


def test_repeated_result_takes_no_place():
    """The same new entry told twice belongs to one item alone."""
    results = [created("1"), created("1"), created("3")]

    assert media_ids(STRANGERS, *results) == [("a", "1"), ("c", "3")]


def test_id_counts_before_pair_and_correlation():
    """Where names contradict each other the id is right."""
    result = created("m-a", **pair("b")) | {"correlation": "id: m-c"}

    assert media_ids(ITEMS, result) == [("a", "m-a")]


def test_pair_counts_before_correlation():
    """What is stored says more than a sentence."""
    result = created("1", **pair("b")) | {"correlation": "externalId: c"}

    assert media_ids(STRANGERS, result) == [("b", "1")]


def test_half_a_pair_names_nobody():
    """An externalId of another system, or of none, is another entry's."""
    for record in ({"externalId": "a"}, pair("a", "other")):
        assert read(STRANGERS, created("1", **record)) == ()


TWINS = [make_item("a", "one"), make_item("a", "two")]


def test_same_external_id_of_two_systems():
    """Two items may share an externalId; their results stand in the order of the items."""
    ids = [orjson.loads(item.body)["id"] for item in TWINS]
    results = [created(media_id) for media_id in reversed(ids)]

    assert media_ids(TWINS, *results) == [("a", ids[0]), ("a", ids[1])]


def test_shared_name_tells_nobody():
    """A correlation by an externalId that two items share is read by its place or not at all."""
    both = [refused("externalId: a", message=text) for text in ("first", "second")]

    assert [one.reason for one in read(TWINS, *both)] == ["first", "second"]
    assert read(TWINS, both[0]) == ()


@pytest.mark.parametrize("seed", range(20))
def test_no_result_goes_to_two(seed):
    """However results are mixed, each is used once at most, and each item has one at most."""
    rng = random.Random(seed)
    items = ITEMS + STRANGERS[1:]
    pool = [
        *(created(f"m-{name}") for name in "abz"),
        *(created(str(number), **pair(name)) for number, name in enumerate("abcz")),
        *(refused(f"externalId: {name}", message=name) for name in "abz"),
        *(refused(f"index: {place}") for place in range(9)),
        {},
        {"id": ["x"], "correlation": {}, "record": {"externalId": [], "systemName": "archive"}},
        None,
    ]
    results = rng.choices(pool, k=rng.randrange(12))

    found = read(items, *results)

    told = [one.media_id for one in found if one.media_id]
    assert len(found) <= min(len(items), len(results))
    assert len(told) <= len(items)
    assert [one.external_id for one in found].count("a") <= 1
