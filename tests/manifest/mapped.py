"""Records for the tests of templates and ids, and calls that map them."""

from __future__ import annotations

import json

from ld_import.manifest import Mapping
from ld_import.model import Entry, Invalid, Record

RECORD = {
    "id": 7,
    "slug": "a-talk",
    "title": "2012",
    "duration": 1.5,
    "tags": ["x", "y"],
    "speakers": [],
    "none": None,
    "is_new": True,
    ",duration": 3,
    "size": {"items": 5, "keys": "k", "w": 10},
}


def record_of(values, line=3):
    """Return the record of a JSON object."""
    return Record(line, json.dumps(values).encode())


def map_fields(fields, record=RECORD):
    """Map a valid record; return its fields."""
    entry = Mapping(external_id="x", fields=fields).entry_from(record_of(record))
    assert isinstance(entry, Entry), entry
    return entry.fields


def problems_of(fields, record=RECORD, external_id="x"):
    """Map an invalid record; return its problems by field."""
    invalid = Mapping(external_id=external_id, fields=fields).entry_from(record_of(record))
    assert isinstance(invalid, Invalid), invalid
    return {problem.field: problem.text for problem in invalid.problems}


def id_of(record, external_id=None, fields=None):
    """Return the externalId of a valid record."""
    entry = Mapping(external_id=external_id, fields=fields).entry_from(record_of(record))
    assert isinstance(entry, Entry), entry
    return entry.external_id


def id_problem(record, external_id=None):
    """Return field and text of the only problem of a record."""
    invalid = Mapping(external_id=external_id, fields=None).entry_from(record_of(record))
    assert isinstance(invalid, Invalid), invalid
    (problem,) = invalid.problems
    return problem.field, problem.text
