"""Evidence in entries: sent properties, identity, and the time of the last change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ld_import.kinds.base import as_text
from ld_import.kinds.field_hashes import has_value, hashes_from
from ld_import.kinds.patches import patch_for
from ld_import.kinds.proof import (
    differing_fields,
    holds_content,
    id_alone,
    is_what_was_sent,
    with_shown,
    written_at,
)

VIDEO = {
    "id": "v1",
    "url": "https://films.example/1.mp4",
    "fileName": "Film",
    "metadata": {"credit": "Archive", "tags": ["a", "b"]},
}
HELD = {
    "id": "m1",
    "externalId": "v1",
    "systemName": "archive",
    "mediaType": "video",
    "asset": {"url": "https://storage.example/m1.mp4"},
    "metadata": {"credit": "Archive", "tags": ["a", "b"], "duration": 12},
}
IMAGE = {
    "id": "own-1",
    "externalId": "v1",
    "mediaType": "image",
    "asset": {"key": "a.jpg", "width": 640},
    "metadata": {"title": "Bridge"},
    "translations": [{"locale": "fr", "metadata": {"title": "Pont"}}],
}


def is_held(sent, entry):
    """Return whether an entry has the content of a sent item."""
    return holds_content(hashes_from(orjson.dumps(sent)), entry)


@pytest.mark.parametrize("member", ["metadata", "asset", "translations", "mediaType"])
def test_every_sent_property_is_required(member):
    """An entry without one of the sent members does not have the content."""
    entry = {key: value for key, value in IMAGE.items() if key != member}

    assert is_held(IMAGE, IMAGE)
    assert not is_held(IMAGE, entry)


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"credit": "Archive"}},
        {"metadata": {"credit": "Archive", "tags": ["b", "a"]}},
        {"metadata": {"credit": None, "tags": ["a", "b"]}},
        {"metadata": None},
        {"metadata": "text"},
    ],
)
def test_other_metadata(change):
    """Missing, null or other values, or metadata of another type, are other content."""
    assert is_held(VIDEO, HELD)
    assert not is_held(VIDEO, {**HELD, **change})


def test_source_url_is_not_compared():
    """The source URL is not compared; additional properties are ignored."""
    assert is_held({**VIDEO, "url": "https://films.example/other.mp4"}, HELD)


@pytest.mark.parametrize(
    ("sent", "title", "expected"),
    [
        ({}, "Film", True),
        ({}, "Another", False),
        ({"title": "Another"}, "Another", True),
        ({"title": "Film"}, "Another", False),
    ],
)
def test_file_name_is_compared_with_the_title(sent, title, expected):
    """The server may derive the title from `fileName`, unless the metadata has one."""
    item = {**VIDEO, "metadata": sent}

    assert is_held(item, {**HELD, "metadata": {"title": title}}) is expected


@pytest.mark.parametrize("entry", [{}, {"metadata": []}, {"translations": None, "asset": 1}])
def test_entries_of_unexpected_form(entry):
    """Entries of any form are compared without an exception."""
    assert not is_held(VIDEO, entry)
    assert not is_held(IMAGE, entry)


def test_values_nested_deeper_than_json_can_be_written():
    """A value that is nested too deeply for orjson equals no other value."""
    deep: Any = 1
    for _ in range(300):
        deep = {"a": deep}

    assert not is_held(VIDEO, {**HELD, "metadata": deep, "translations": deep, "mediaType": deep})
    assert patch_for(orjson.dumps(VIDEO), {**HELD, "metadata": {"credit": deep}}, b"").conflicts
    assert as_text(deep) == "(too deeply nested)"


def test_empty_hashes():
    """Without hashes of the sent content no entry is evidence."""
    assert not holds_content(b"", HELD)


@pytest.mark.parametrize(
    ("sent", "entry", "expected"),
    [
        (VIDEO, HELD, True),
        (VIDEO, {**HELD, "externalId": "v2"}, False),
        (IMAGE, IMAGE, True),
        (IMAGE, {**IMAGE, "id": "another"}, False),
        ({key: IMAGE[key] for key in IMAGE if key != "id"}, {**IMAGE, "id": "another"}, True),
    ],
)
def test_entry_under_another_id_was_not_sent(sent, entry, expected):
    """An own id is part of the sent content; an id that the server chose is not compared."""
    assert is_what_was_sent(hashes_from(orjson.dumps(sent)), entry) is expected


def test_differing_fields_are_named():
    """The names of properties with other values are returned."""
    entry = {**IMAGE, "metadata": {"title": "Other"}, "asset": {"key": "a.jpg"}}

    assert differing_fields(orjson.dumps(IMAGE), IMAGE) == []
    assert differing_fields(orjson.dumps(IMAGE), entry) == ["asset.width", "metadata.title"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, None),
        ({"createdAt": None, "updatedAt": 5}, None),
        ({"createdAt": "soon"}, None),
        ({"createdAt": "2026-11-21T01:00:00.000Z"}, datetime(2026, 11, 21, 1, tzinfo=UTC)),
        ({"createdAt": "2026-11-21T01:00:00"}, datetime(2026, 11, 21, 1, tzinfo=UTC)),
        (
            {"createdAt": "2026-11-21T01:00:00Z", "updatedAt": "2026-11-21T04:00:00+01:00"},
            datetime(2026, 11, 21, 3, tzinfo=UTC),
        ),
    ],
)
def test_written_at(members, expected):
    """The later of both times is returned; invalid times are ignored."""
    assert written_at(members) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (IMAGE, None),
        (VIDEO, None),
        ({"id": "a", "asset": {}}, "a"),
        ({"id": 5, "asset": {}}, None),
        ({}, None),
    ],
)
def test_id_without_a_pair(sent, expected):
    """An entry without externalId is identified by its own id."""
    assert id_alone(orjson.dumps(sent)) == expected


def test_content_that_was_sent_twice():
    """Both values of a field that entries contain are known; of other fields only the first is."""
    before = hashes_from(b'{"fileName":"a","metadata":{"title":"a"}}')
    after = hashes_from(b'{"fileName":"b","metadata":{"title":"b"}}')
    both = with_shown(before, after)

    assert has_value(both, "metadata.title", "a") and has_value(both, "metadata.title", "b")
    assert has_value(both, "fileName", "a") and not has_value(both, "fileName", "b")
    assert with_shown(both, after) == both
