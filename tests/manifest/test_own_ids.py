"""Kinds whose `id` differs from the externalId: the fields have both."""

from __future__ import annotations

import json

import pytest

from ld_import.manifest import Mapping
from ld_import.model import Entry, Invalid, Record


def mapped(record, external_id=None, fields=None):
    """Map a record of a kind with ids of its own."""
    mapping = Mapping(external_id=external_id, fields=fields, has_own_ids=True)
    return mapping.entry_from(Record(3, json.dumps(record).encode()))


def ids_of(record, external_id=None, fields=None):
    """Return the externalId of the entry, and the ids in its fields."""
    entry = mapped(record, external_id, fields)
    assert isinstance(entry, Entry), entry
    kept = {key: entry.fields[key] for key in ("id", "externalId") if key in entry.fields}
    return entry.external_id, kept


def problems_of(record, external_id=None, fields=None):
    """Return externalId and fields of the problems of an invalid record."""
    invalid = mapped(record, external_id, fields)
    assert isinstance(invalid, Invalid), invalid
    return invalid.external_id, [problem.field for problem in invalid.problems]


@pytest.mark.parametrize(
    ("record", "template", "external_id", "kept"),
    [
        ({"id": "m1", "n": 5}, "a-{{ n }}", "a-5", {"id": "m1", "externalId": "a-5"}),
        ({"n": 5}, "a-{{ n }}", "a-5", {"externalId": "a-5"}),
        ({"externalId": "x", "n": 5}, "a-{{ n }}", "a-5", {"externalId": "a-5"}),
        ({"id": "m1", "externalId": "x"}, None, "x", {"id": "m1", "externalId": "x"}),
        ({"externalId": 7}, None, "7", {"externalId": "7"}),
        ({"id": "m1"}, None, "m1", {"id": "m1"}),
        ({"id": "m1", "externalId": None}, None, "m1", {"id": "m1"}),
        ({"id": None, "externalId": "x"}, None, "x", {"externalId": "x"}),
    ],
)
def test_without_a_map(record, template, external_id, kept):
    """The `id` remains, and `externalId` is added if it does not come from `id`."""
    assert ids_of(record, template) == (external_id, kept)


@pytest.mark.parametrize(
    ("record", "template", "fields", "external_id", "kept"),
    [
        ({"n": 5}, "a-{{ n }}", {"id": "m{{ n }}"}, "a-5", {"id": "m5", "externalId": "a-5"}),
        (
            {"n": 5},
            None,
            {"id": "m{{ n }}", "externalId": "b-{{ n }}"},
            "b-5",
            {"id": "m5", "externalId": "b-5"},
        ),
        ({"n": 5}, "a-{{ n }}", {"externalId": "b"}, "a-5", {"externalId": "a-5"}),
        ({"n": 5, "externalId": "x"}, None, {"id": "m"}, "x", {"id": "m", "externalId": "x"}),
        ({"n": 5, "id": "r"}, None, {"id": "m{{ n }}"}, "m5", {"id": "m5"}),
        ({"n": 5, "id": "r"}, None, {"title": "t"}, "r", {}),
        ({"id": "r"}, None, {"id": "{{ n | default(omit) }}"}, "r", {}),
        ({"id": "r", "n": None}, None, {"id": "{{ n }}"}, "r", {}),
        ({"n": 5}, None, {"id": "{{ n }}"}, "5", {"id": 5}),
        ({"n": 5, "id": "r"}, None, {"id": "fixed"}, "fixed", {"id": "fixed"}),
    ],
)
def test_with_a_map(record, template, fields, external_id, kept):
    """`map.id` is an ordinary field; it is the externalId only if there is no other one."""
    assert ids_of(record, template, fields) == (external_id, kept)


def test_other_fields_do_not_change():
    """Only the two ids are changed."""
    entry = mapped({"id": "m", "title": None, "tags": [None]})

    assert isinstance(entry, Entry)
    assert entry.fields == {"id": "m", "title": None, "tags": [None]}


@pytest.mark.parametrize(
    ("record", "template", "fields", "message"),
    [
        ({}, None, None, (None, ["id"])),
        ({"id": []}, None, None, (None, ["id"])),
        ({"id": "r"}, None, {"id": "{{ n }}"}, (None, ["id"])),
        ({"id": "r"}, None, {"id": ["{{ id }}"]}, (None, ["id"])),
        ({"id": "r"}, None, {"a": "{{ n }}"}, ("r", ["a"])),
        ({"externalId": "x"}, None, {"id": "{{ n }}"}, ("x", ["id"])),
        ({"id": "r"}, "{{ n }}", {"id": "{{ n }}"}, (None, ["externalId", "id"])),
        ({"id": "r"}, None, {"externalId": " "}, (None, ["externalId"])),
    ],
)
def test_problems(record, template, fields, message):
    """A record with an invalid `map.id` has no externalId, and one problem."""
    assert problems_of(record, template, fields) == message


def test_template_of_the_id():
    """A run can detect that the ids of a manifest changed, also if `map.id` makes them."""
    by_map = Mapping(external_id=None, fields={"externalId": "e", "id": "i"}, has_own_ids=True)
    by_id = Mapping(external_id=None, fields={"id": "i"}, has_own_ids=True)
    by_record = Mapping(external_id=None, fields={"id": 5}, has_own_ids=True)

    assert by_map.external_id_template == "e"
    assert by_id.external_id_template == "i"
    assert by_record.external_id_template is None


def test_fingerprint():
    """The same templates give another entry, so they have another fingerprint."""
    plain = Mapping(external_id="e", fields={"a": 1})
    without = Mapping(external_id="e", fields={"a": 1}, has_own_ids=False)
    own = Mapping(external_id="e", fields={"a": 1}, has_own_ids=True)

    assert plain.fingerprint == without.fingerprint != own.fingerprint
