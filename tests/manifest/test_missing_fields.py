"""Advice on a missing field that the record has under this or a similar name."""

from __future__ import annotations

import pytest

from ld_import.kinds import KINDS
from ld_import.manifest.mapping import Mapping
from ld_import.model import Entry, Invalid, Record
from ld_import.pipeline.planning.items import ItemReader


def advice(raw, field, fields=None, columns=None, kind="videos"):
    """Return what a problem says about a missing field of a record."""
    mapping = Mapping(external_id="{{ id }}", fields=fields, columns=columns)
    invalid = ItemReader(mapping, KINDS[kind], "town").item_from(Record(5, raw), b"", 10**6)
    assert isinstance(invalid, Invalid)
    (text,) = (problem.text for problem in invalid.problems if problem.field == field)
    sentence, _, rest = text.partition("; ")
    assert sentence == f"`{field}` is missing"
    return rest


def test_column_of_the_same_name():
    """A map without a field that is a column gets the line to add."""
    raw = b'{"id": "1", "url": "http://h/1.mp4"}'

    told = advice(raw, "url", {"metadata": {}}, {"id": 0, "url": 1})

    assert told == 'a column `url` exists: add `url: "{{ url }}"` to `map`'


@pytest.mark.parametrize(
    ("raw", "field", "line"),
    [
        (b'{"id": 1, "URL": "x"}', "url", 'url: "{{ URL }}"'),
        (b'{"id": 1, "Link": "x"}', "url", 'url: "{{ Link }}"'),
        (b'{"id": 1, "file name": "x"}', "fileName", "fileName: \"{{ record['file name'] }}\""),
        (b'{"id": 1, "title": "x", "file": "y"}', "fileName", 'fileName: "{{ file }}"'),
    ],
)
def test_similar_names(raw, field, line):
    """Other cases, blanks and usual names of exports are recognized."""
    told = advice(raw, field, {"metadata": {}})

    assert told.endswith(f"exists: add `{line}` to `map`")
    assert told.startswith("a field `")


@pytest.mark.parametrize(
    ("fields", "field", "name"),
    [
        ({"filename": "{{ title }}", "metadata": {}}, "fileName", "filename"),
        ({"file_name": "{{ title }}", "metadata": {}}, "fileName", "file_name"),
        ({"URL": "{{ file }}", "metadata": {}}, "url", "URL"),
        ({"metdata": {}}, "metadata", "metdata"),
    ],
)
def test_misspelt_key_of_the_map(fields, field, name):
    """A key of the map that means the field is named, before any column that could be used."""
    told = advice(b'{"id": 1, "title": "x", "file": "y"}', field, fields)

    assert told == f"`map` has `{name}`: write `{field}` instead"


def test_without_a_map():
    """A file of records needs a header with a map."""
    told = advice(b'{"id": 1, "link": "x"}', "url")

    assert told.endswith('add `url: "{{ link }}"` to a `map` in the header of a YAML manifest')


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b'{"id": 1, "lead": "x"}', {"metadata": {}}),
        (b'{"id": 1, "url": ""}', {"metadata": {}}),
        (b'{"id": 1, "url": "x"}', {"url": "{{ omit }}"}),
        (b'{"id": 1, "u\\"rl": "x"}', {"metadata": {}}),
    ],
)
def test_no_similar_name(raw, fields):
    """Without such a field, with an empty one, or if `map` has it, the advice is the usual one."""
    assert advice(raw, "url", fields).startswith("give the http(s) address")


def test_valid_records_are_entries():
    """Advice changes nothing else."""
    mapping = Mapping(external_id="{{ id }}", fields={"url": "{{ url }}"})

    assert isinstance(mapping.entry_from(Record(1, b'{"id": "1", "url": "x"}')), Entry)
