"""Checks of the fields of an entry: ids, titles, unknown fields and nulls."""

from __future__ import annotations

import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.checker import Checker
from ld_import.validation.checks.unknown_fields import JOB_FIELDS, LIBRARY_FIELDS
from tests.validation.makers import inspected, make_item, rules


@pytest.mark.parametrize(
    ("external_id", "expected"),
    [
        ("a" * 255, []),
        ("a" * 256, ["long-id"]),
        ("é" * 256, ["long-id"]),
        (" a", ["white-space-around-id"]),
        ("a\xa0", ["white-space-around-id"]),
        ("a b", []),
    ],
)
def test_ids(external_id, expected):
    """Long ids and white space at their ends are reported."""
    found = rules([make_item(external_id=external_id)])

    assert found == [(1, rule, "externalId") for rule in expected]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A title.", []),
        ("A good setup.py", []),
        ("Fish & Chips; AT&T", []),
        (" A title", ["white-space-in-title"]),
        ("A title\n", ["white-space-in-title"]),
        ("A\ntitle", ["line-break-in-title"]),
        ("IMG_0412.JPG", ["file-name-as-title"]),
        ("My holiday.jpg", []),
        ("Fish &amp; Chips", ["html-in-title"]),
        ("It&#39;s", ["html-in-title"]),
        ("Use &name; here", []),
        (" It&#x27;s", ["white-space-in-title", "html-in-title"]),
    ],
)
def test_titles(title, expected):
    """Untidy titles are reported in `fileName`, and in the property `title`."""
    found = rules([make_item(fileName=title, metadata={"title": title})])

    fields = ("fileName", "metadata.title")
    assert found == [(1, rule, field) for field in fields for rule in expected]


@pytest.mark.parametrize("title", ["", " \t"])
def test_empty_titles(title):
    """A property `title` without text is reported; the schema refuses such a `fileName`."""
    found = rules([make_item(metadata={"title": title})])

    assert found == [(1, "empty-title", "metadata.title")]


def test_titles_of_other_types():
    """A `title` that is not a text is a question of the project's configuration."""
    assert rules([make_item(metadata={"title": 3}), make_item(line=2, metadata={})]) == []


def test_titles_of_the_media_library():
    """There the file has a name of its own, which is not the title."""
    items = [
        make_item("media-library", line=1, metadata={"title": " a"}),
    ]

    assert rules(items, "media-library") == [(1, "white-space-in-title", "metadata.title")]


@pytest.mark.parametrize(
    ("kind", "name", "advice"),
    [
        ("videos", "titel", "did you mean `metadata.title`, or `fileName`, which becomes the"),
        ("videos", "tags", "did you mean `metadata.tags`?"),
        ("videos", "filename", "did you mean `fileName`?"),
        ("images", "mediatype", "did you mean `mediaType`?"),
        ("videos", "recordedAt", "omit it, or write it below `metadata` if the project has"),
        ("media-library", "translation", "did you mean `translations`?"),
    ],
)  # fmt: skip
def test_unknown_fields(kind, name, advice):
    """A field that the API does not document is reported with the likely one."""
    (finding,) = inspected([make_item(kind, **{name: "x"})], kind)

    assert (finding.rule, finding.field) == ("unknown-field", name)
    assert finding.text == f"the entry has the unknown field `{name}`"
    assert finding.advice.startswith(advice)


def test_known_fields_are_those_of_the_schemas():
    """The two lists of known fields have the properties of the schemas."""
    for name, kind in KINDS.items():
        known = LIBRARY_FIELDS if kind.has_own_ids else JOB_FIELDS
        assert set(Checker(name).schema["properties"]) == known


def test_nulls():
    """Each property that is null is reported; a null inside a value is not."""
    metadata = {"credit": None, "note": ":null", "place": {"name": None}, "tags": [None]}

    assert rules([make_item(metadata=metadata)]) == [(1, "null-property", "metadata.credit")]


def test_nulls_of_translations():
    """Properties of translations count."""
    item = make_item("media-library", translations={"fr": {"credit": None}})

    found = rules([item], "media-library")

    assert found == [(1, "null-property", "translations.fr.metadata.credit")]


@pytest.mark.parametrize(
    ("media_type", "date_fields", "expected"),
    [
        ("video", None, []),
        ("posterVideo", None, [(1, "unconfirmed-media-type", "mediaType")]),
        ("posterVideo", frozenset(), []),
    ],
)
def test_own_media_types(media_type, date_fields, expected):
    """A media type of the project is reported, unless the project is known and checks it."""
    items = [make_item("media-library", mediaType=media_type)]

    assert rules(items, "media-library", date_fields=date_fields) == expected
