"""Mapping of records to entries: invalid records and templates, and fingerprints."""

from __future__ import annotations

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping, open_manifest
from ld_import.model import Entry, Invalid, Record
from tests.manifest.mapped import id_of


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"not json", "column 1: not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": "\xc3\xa9\xff"}', "column 9: the text is not UTF-8"),
        (b'{"a": NaN}', "column 7: not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b"[1]", "the record is a list of 1, not a JSON object"),
        (b'"text"', 'the record is "text"'),
        (b"5", "the record is 5"),
        (b"null", "the record is null"),
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 200 levels"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":\n x}', "line 2 of the record: not JSON"),
    ],
)
def test_unreadable_records_are_invalid(raw, words):
    """A line that is not a JSON object is one invalid record; other records are read."""
    invalid = Mapping(external_id=None, fields=None).entry_from(Record(9, raw))

    assert isinstance(invalid, Invalid)
    assert (invalid.line, invalid.external_id) == (9, None)
    (problem,) = invalid.problems
    assert (problem.field, words in problem.text) == ("", True)


def test_many_brackets_are_not_depth():
    """A wide record is valid, however many lists it has."""
    assert id_of({"id": 1, "wide": [[n] for n in range(500)]}) == "1"


@pytest.mark.parametrize(
    ("external_id", "fields", "words"),
    [
        ("{{ slug", None, "`externalId` is not a valid template"),
        (None, {"metadata": {"title": "{{ a | nope }}"}}, "`map.metadata.title` is not a valid"),
        (None, {"a": ["{% if x %}"]}, "`map.a[0]` is not a valid template"),
        (None, {"id": "{{ ) }}"}, "`map.id` is not a valid template"),
        (None, {"a": "{% include 'x' %}"}, "cannot load or extend another"),
        (None, {"a": "{% extends 'x' %}"}, "cannot load or extend another"),
        (None, {"a": "{% block b %}{% endblock %}"}, "cannot load or extend another"),
        (None, {"id": 5}, "`map.id` must be a template"),
        (None, {"a": float("inf")}, "`map.a`: the number inf"),
        (None, {"a": 2**70}, "cannot represent"),
    ],
)
def test_invalid_templates_stop_the_import(external_id, fields, words):
    """A template that can never work is one error, before the first record."""
    with pytest.raises(ManifestError) as caught:
        Mapping(external_id=external_id, fields=fields)

    assert words in str(caught.value)


def test_fingerprint_follows_the_templates():
    """The same record and fingerprint always give the same entry."""
    prints = [
        Mapping(external_id=external_id, fields=fields).fingerprint
        for external_id, fields in [
            (None, None),
            ("{{ id }}", None),
            (None, {}),
            (None, {"a": "{{ id }}"}),
            (None, {"a": "{{ id  }}"}),
            (None, {"a": 1}),
            (None, {"a": "1"}),
        ]
    ]

    assert len(set(prints)) == len(prints)
    assert {len(item) for item in prints} == {16}


def test_fingerprint_ignores_the_order_of_keys():
    """Sorting the keys of a map does not send items again."""
    first, second = {"a": "{{ x }}", "b": 1}, {"b": 1, "a": "{{ x }}"}

    assert (
        Mapping(external_id=None, fields=first).fingerprint
        == Mapping(external_id=None, fields=second).fingerprint
    )


def test_external_id_template():
    """The ledger compares the template of this run with that of the previous run."""
    assert Mapping(external_id="{{ a }}", fields={"id": "b"}).external_id_template == "{{ a }}"
    assert Mapping(external_id=None, fields={"id": "b"}).external_id_template == "b"
    assert Mapping(external_id=None, fields=None).external_id_template is None


def test_real_records_map_without_a_problem(real_data):
    """Every real record has a unique id made of its path."""
    mapping = Mapping(
        external_id="pyvideo-{{ source_file }}",
        fields={"url": "{{ videos[0].url }}", "tags": "{{ tags | default(omit, true) }}"},
    )
    records = open_manifest(real_data / "pyvideo-small.yaml").records()

    entries = [mapping.entry_from(record) for record in records]

    assert len({entry.external_id for entry in entries}) == 200
    assert all(isinstance(entry, Entry) for entry in entries)
