"""The comparison of an entry with sent content: each property that differs, and no other."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ld_import.kinds.comparison import FieldNames, differences, is_entry_of_item
from ld_import.kinds.field_hashes import TRIED, field_hash, hashes_from, name_hash
from ld_import.kinds.proof import shown_fields
from ld_import.model import ItemKey

SENT = {
    "id": "v1",
    "url": "https://films.example/1.mp4",
    "fileName": "Film",
    "metadata": {"credit": "Archive", "tags": ["a"], "note": None},
    "asset": {"key": "a.mp4", "duration": 35.0},
    "translations": [{"locale": "fr", "metadata": {"title": "Pont"}}],
}
HELD: dict[str, Any] = {
    "id": "m1",
    "systemName": "archive",
    "externalId": "v1",
    "mediaType": "video",
    "metadata": {"credit": "Archive", "tags": ["a"], "shotAt": "1931"},
    "asset": {"key": "a.mp4", "duration": 35, "url": "https://storage.example/a.mp4"},
    "translations": [{"locale": "fr", "metadata": {"title": "Pont"}}],
}
BODY = orjson.dumps(SENT)


def found(entry, body=None):
    """Return name, value on the server and sent value of each difference."""
    return [
        (found.name, found.held, found.sent)
        for found in differences(hashes_from(BODY), entry, body=body)
    ]


def with_metadata(**changed):
    return HELD | {"metadata": {**HELD["metadata"], **changed}}


@pytest.mark.parametrize("body", [None, BODY])
def test_what_a_server_adds_or_spells_otherwise_is_no_difference(body):
    """Additional properties, an absent one instead of null, and 35 instead of 35.0 are equal."""
    assert found(HELD, body) == []


def test_each_property_is_named_with_both_values():
    """With the item, each differing property has its name, the value there, and the sent one."""
    entry = with_metadata(credit="Agency", tags=["a", "b"])

    assert found(entry, BODY) == [
        ("metadata.credit", "Agency", "Archive"),
        ("metadata.tags", ["a", "b"], ["a"]),
    ]


def test_hashes_alone_name_the_properties_of_the_entry():
    """Without the item the names come from the entry, and no sent value is claimed."""
    (credit,) = differences(hashes_from(BODY), with_metadata(credit="Agency"))

    assert (credit.name, credit.held, credit.has_sent) == ("metadata.credit", "Agency", False)


def test_a_missing_property_is_named_once_its_name_is_known():
    """An entry cannot name what it lacks; names of other entries do."""
    entry = HELD | {"metadata": {"tags": ["a"]}}
    (lacking,) = differences(hashes_from(BODY), entry)
    names = FieldNames()

    assert (lacking.name, lacking.is_missing) == ("", True)
    assert names.name_of(lacking.name_hash) == ""
    names.learn(shown_fields(HELD))
    assert names.name_of(lacking.name_hash) == "metadata.credit"


def test_a_value_of_a_changed_manifest_is_not_the_sent_one():
    """A property that was sent with another value than the item has now has no sent value."""
    changed = orjson.dumps(SENT | {"metadata": {"credit": "New", "tags": ["a"]}})
    (credit,) = differences(hashes_from(BODY), with_metadata(credit="Agency"), body=changed)

    assert (credit.name, credit.has_sent) == ("metadata.credit", False)


def test_a_title_other_than_the_sent_file_name_is_a_difference():
    """Without a sent title the server takes it from `fileName`; any other title is a change."""
    assert found(with_metadata(title="Film")) == []
    assert found(with_metadata(title="Movie")) == [("metadata.title", "Movie", None)]


@pytest.mark.parametrize(
    ("entry", "is_its"),
    [
        ({"systemName": "archive", "externalId": "v1", "id": "m1"}, True),
        ({"systemName": "other", "externalId": "v1", "id": "v1"}, False),
        ({"systemName": "archive", "externalId": "v2", "id": "v1"}, False),
        ({"systemName": "archive", "id": "v1"}, True),
        ({"systemName": "archive", "id": "m1"}, False),
    ],
)
def test_identity_of_an_entry(entry, is_its):
    """The pair decides; without an externalId the own id does."""
    assert is_entry_of_item(entry, ItemKey("archive", "v1")) is is_its


def test_the_mark_of_a_tried_patch_is_not_a_property():
    """The hash that records a PATCH is not compared."""
    marks = hashes_from(BODY) + field_hash(TRIED, None)

    assert differences(marks, HELD) == []
    assert len(name_hash("metadata.credit")) == 3


@pytest.mark.parametrize("held", [True, 1, "1", [1], {"a": 1}, 1.5, 2**60])
def test_values_of_other_types_differ(held):
    """`true`, 1 and "1" are different values, as are lists and objects."""
    others = [
        value
        for value in (True, 1, "1", [1], {"a": 1}, 1.5)
        if orjson.dumps(value) != orjson.dumps(held)
    ]
    entry = {"metadata": {"value": held}}

    for other in others:
        marks = hashes_from(orjson.dumps({"metadata": {"value": other}}))
        assert len(differences(marks, entry)) == 1


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ({"x": 35.0, "y": [1, 2.0]}, {"y": [1, 2], "x": 35}),
        ([35], [35.0]),
        (
            {"crop": {"x": 0, "y": 0.0, "w": 10.0, "h": 2.5}},
            {"crop": {"x": 0, "y": 0, "w": 10, "h": 2.5}},
        ),
        ([1e21], [1000000000000000000000.0]),
    ],
)
def test_numbers_inside_values_are_equal_in_both_forms(sent, held):
    """A server in JavaScript shows 35.0 as 35, also inside objects and lists."""
    marks = hashes_from(orjson.dumps({"metadata": {"value": sent}}))

    assert differences(marks, {"metadata": {"value": held}}) == []


def test_true_is_not_one_inside_values():
    """A truth value is not a number."""
    marks = hashes_from(orjson.dumps({"metadata": {"value": [1.0]}}))

    assert len(differences(marks, {"metadata": {"value": [True]}})) == 1


def test_many_numbers_inside_a_value_take_no_time():
    """The number of forms that are tried is bounded."""
    numbers = list(range(10_000))
    marks = hashes_from(orjson.dumps({"metadata": {"value": numbers}}))

    assert len(differences(marks, {"metadata": {"value": numbers[1:]}})) == 1
    assert differences(marks, {"metadata": {"value": list(map(float, numbers))}}) == []
