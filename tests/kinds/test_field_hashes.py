"""Field hashes: six bytes per field, enough to name the changed fields."""

from __future__ import annotations

import orjson
import pytest

from ld_import.kinds.field_hashes import HASH_BYTES, REMOVED, changed_fields, hashes_from
from tests.makers import make_item


def changed(before, after):
    """Return the names of the fields that differ between two entries."""
    return changed_fields(hashes_from(orjson.dumps(before)), orjson.dumps(after))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"url": "a"}, {"url": "a"}, []),
        ({"url": "a"}, {"url": "b"}, ["url"]),
        ({"url": "a"}, {"url": "a", "mediaType": "x"}, ["mediaType"]),
        ({"url": "a", "mediaType": "x"}, {"url": "a"}, [REMOVED]),
        ({"a": 1, "b": 2, "c": 3}, {"c": 3}, [REMOVED]),
        ({"a": 1}, {"b": 1}, ["b", REMOVED]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 1, "a": 2}, ["b", "a"]),
        ({"metadata": {"title": "x"}}, {"metadata": {"title": "y"}}, ["metadata.title"]),
        ({"metadata": {}}, {"metadata": {"title": "y"}}, ["metadata.title"]),
        ({"metadata": {"title": "x"}}, {"metadata": {}}, [REMOVED]),
        ({"metadata": {"a": 1, "b": 2}}, {"metadata": {"b": 2, "a": 1}}, []),
        ({"metadata": {"a": {"b": 1, "c": 2}}}, {"metadata": {"a": {"c": 2, "b": 1}}}, []),
        ({"metadata": {"a": {"b": 1}}}, {"metadata": {"a": {"b": 2}}}, ["metadata.a"]),
        ({"tags": [1, 2]}, {"tags": [2, 1]}, ["tags"]),
        ({"a": 1}, {"a": "1"}, ["a"]),
        ({"a": None}, {"a": False}, ["a"]),
        ({"a": "ü"}, {"a": "u"}, ["a"]),
        ({}, {}, []),
    ],
)
def test_changed_fields(before, after, names):
    """Changed fields are named, as `object.field` one level down; order is ignored."""
    assert changed(before, after) == names


def test_hashes_are_short():
    """The hash of a field has six bytes for values of any length."""
    body = orjson.dumps({"url": "x" * 5000, "metadata": {"a": ["y"] * 500, "b": {"c": 1}}})

    assert len(hashes_from(body)) == 3 * HASH_BYTES == 18


def test_equal_items_have_equal_hashes():
    """Equal items have equal hashes, in this run and the next."""
    item = make_item(1, metadata={"title": "Film", "year": 1999})

    assert hashes_from(item.body) == hashes_from(make_item(1, **orjson.loads(item.body)).body)
    assert changed_fields(hashes_from(item.body), item.body) == []


def test_every_field_changed_without_hashes():
    """Without stored hashes every field counts as changed."""
    assert changed_fields(b"", b'{"a": 1, "b": {"c": 2}}') == ["a", "b.c"]
