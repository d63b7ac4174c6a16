"""Refusals: what a server certainly refuses, and what it accepts."""

from __future__ import annotations

import pickle

import pytest

from ld_import.model import Item, ItemKey
from ld_import.preflight import ProjectCheck, project_from
from tests.preflight.projects import NOW, answer_of, check_of, found, prop

TITLE = prop("title", "li-text")
IMAGE = prop("still", "li-poster-image")


def item(body: bytes) -> Item:
    return Item(ItemKey("town", "v1"), 7, body, b"", b"", "", "")


def test_unknown_property_names_the_nearest_one():
    """The advice names the property that was probably meant, and where all are listed."""
    (fault,) = check_of(TITLE).faults({"metadata": {"titel": "A"}})

    assert fault.is_refusal
    assert (fault.rule, fault.field) == ("unknown-property", "metadata.titel")
    assert fault.text == "`metadata.titel` is not a property of the media type `video`"
    assert fault.advice == "did you mean `title`? (`ld-import fields videos` lists the properties)"


def test_unknown_properties_of_many_records_are_remembered():
    """A record with a new name costs no memory in the end, and gets its own fault."""
    check = check_of(TITLE)

    for number in range(1_200):
        assert found(check, {f"x{number}": 1}) == [("unknown-property", f"metadata.x{number}")]
    long_name = "x" * 300
    assert found(check, {long_name: 1}) == [("unknown-property", f"metadata.{long_name}")]


@pytest.mark.parametrize(
    ("plugin", "value", "expected"),
    [
        ("li-text", 1, "a text"),
        ("li-enum", ["a"], "a text"),
        ("li-date", 20240531, "a text"),
        ("li-string-list", "a, b", "a list of texts"),
        ("li-string-list", ["a", 1], "a text"),
        ("li-numeric-list", [1, 2.5], "a whole number"),
        ("li-integer", "12", "a whole number"),
        ("li-integer", 12.5, "a whole number"),
        ("li-integer", True, "a whole number"),
        ("li-boolean", "true", "true or false"),
        ("li-boolean", 1, "true or false"),
        ("li-datetime-validity", "2024-05-31", "an object"),
        ("li-datetime-validity", {"from": 1}, "a text"),
        ("li-document-references", {"references": [{"id": 7}]}, "a text"),
        ("li-document-references", {"references": {}}, "a list of references"),
        ("li-poster-image", {"width": "1200"}, "a whole number"),
        ("li-named-crops", {"crops": [{"x": 0.5}]}, "a whole number"),
        ("li-license-profile", "own", "an object"),
    ],
)
def test_wrong_type(plugin, value, expected):
    """A value of another JSON type is refused; the text says which one is expected."""
    faults = check_of(prop("one", plugin)).faults({"metadata": {"one": value}})

    (fault,) = [fault for fault in faults if fault.is_refusal]
    assert fault.rule == "wrong-type"
    assert fault.field.startswith("metadata.one")
    assert fault.text.endswith(f"it must be {expected}")
    assert fault.advice.startswith("write the property like ")


def test_text_in_place_of_a_list_of_texts():
    """A cell with several keywords is one text; the advice shows how to split it."""
    (fault,) = check_of(prop("one", "li-string-list")).faults({"metadata": {"one": "a|b"}})

    assert "`{{ keywords.split(',') }}`" in fault.advice


def test_nested_value_is_named_by_its_path():
    """The path leads to the value inside the property."""
    assert found(check_of(IMAGE), {"still": {"width": "1200"}}) == [
        ("wrong-type", "metadata.still.width")
    ]
    crops = check_of(prop("crops", "li-named-crops"))
    assert found(crops, {"crops": {"crops": [{"x": 1}, {"x": "1"}]}}) == [
        ("wrong-type", "metadata.crops.crops.1.x")
    ]


@pytest.mark.parametrize(
    ("plugin", "value"),
    [
        ("li-text", None),
        ("li-integer", 12.0),
        ("li-poster-image", {"mediaId": None, "unheard": 1}),
        ("acme-mood", {"any": [1]}),
        ("li-google-vision", "removed"),
    ],
)
def test_accepted_values(plugin, value):
    """Null, whole numbers with a point, unknown members and unknown plugins pass."""
    assert found(check_of(prop("one", plugin)), {"one": value}) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"mediaType": "video"}, []),
        ({"mediaType": "vidoe"}, [("unknown-media-type", "mediaType")]),
        ({"mediaType": "image"}, [("media-type-of-other-kind", "mediaType")]),
    ],
)
def test_media_type(fields, expected):
    """It must be a handle of a type of this kind; without one the default type applies."""
    assert found(check_of(TITLE), {"title": "A"}, **fields) == expected


def test_media_library_accepts_types_of_each_kind():
    """An entry of the media library may have any media type, and no other handle."""
    check = check_of(TITLE, kind="media-library")

    assert found(check, {}, mediaType="image") == []
    assert found(check, {"title": "A"}, mediaType="image") == [
        ("unknown-property", "metadata.title")
    ]
    assert found(check, {}, mediaType="file") == [("unknown-media-type", "mediaType")]


def test_advice_on_a_media_type():
    """The advice names the handles that fit."""
    (other,) = check_of(TITLE).faults({"mediaType": "image", "metadata": {}})
    (none,) = check_of(TITLE, kind="files").faults({"mediaType": "image", "metadata": {}})

    assert other.text == (
        '`mediaType` is "image", a type of mediaImage, but videos need a type of mediaVideo'
    )
    assert other.advice == "give `video` (`ld-import fields videos` lists the media types)"
    assert none.advice == "add a media type for files to the project"


@pytest.mark.parametrize("kind", ["files", "images"])
def test_project_without_the_default_type(kind):
    """Without the default type it is unknown what the server does: a warning, and no check."""
    check = check_of(TITLE, handle="image", kind=kind)
    project = project_from({"settings": {}, "mediaTypes": [{"handle": "clip", "type": "x"}]})
    assert project is not None

    faults = ProjectCheck(project, kind, NOW).faults({"metadata": {"any": 1}})

    assert [(fault.rule, fault.is_refusal) for fault in faults] == [
        ("no-default-media-type", False)
    ]
    if kind == "files":
        assert found(check, {"any": 1}) == [("no-default-media-type", "mediaType")]


def test_answer_without_usable_media_types():
    """An answer that does not list media types or properties says nothing about records."""
    nothing = project_from({"settings": {}, "mediaTypes": ["nonsense"]})
    unlisted = project_from({"settings": {}, "mediaTypes": [{"handle": "video"}]})
    assert nothing is not None and unlisted is not None

    for project in (nothing, unlisted):
        assert ProjectCheck(project, "videos", NOW).faults({"metadata": {"any": 1}}) == []


def test_checked_item():
    """A refused item has problems with their rule; another one has remarks with its line."""
    check = check_of(prop("title", "li-text", maxLength=3), TITLE | {"handle": "more"})

    refused = check.item(item(b'{"metadata":{"title":1,"nope":2}}'))
    warned = check.item(item(b'{"metadata":{"title":"long"}}'))
    sound = check.item(item(b'{"metadata":{"title":"abc"}}'))

    assert [problem.rule for problem in refused.problems] == ["wrong-type", "unknown-property"]
    assert refused.problems[0].text == (
        '`metadata.title` is 1, it must be a text; write the property like "Tex"'
    )
    assert refused.remarks == ()
    (remark,) = warned.remarks
    assert (remark.line, remark.external_id, remark.rule) == (7, "v1", "text-length")
    assert not sound.problems and not sound.remarks


def test_check_in_another_process():
    """A check that was sent to another process finds the same."""
    check = check_of(TITLE)
    assert found(check, {"nope": 1})

    other = pickle.loads(pickle.dumps(check))  # noqa: S301 - from this process

    assert found(other, {"nope": 1, "title": 2}) == found(check, {"nope": 1, "title": 2})
    assert answer_of()["$baseRevision"] == 17
