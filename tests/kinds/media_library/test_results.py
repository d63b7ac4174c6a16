"""Results: conversion of a result to state, one-line reason and media id."""

from __future__ import annotations

import pytest

from ld_import.kinds.media_library.results import REASON_LENGTH, result_from
from ld_import.model import State
from tests.kinds.contract import example
from tests.kinds.media_library.entries import created, refused

PROBLEM = {"metadataProperty": "title", "message": "The value of '/title' must be string"}
SENTENCE = "`title`: The value of '/title' must be string"


def converted(fields):
    """Return state, reason, mediaId and whether the entry existed before."""
    result = result_from(fields, "x")
    assert result.external_id == "x"
    return result.state, result.reason, result.media_id, result.is_existing


@pytest.mark.parametrize(
    "fields",
    [
        created("m1"),
        created("m1", title="x"),
        {"ok": True, "id": "m1"},
        {"ok": True, "record": {"id": "m1"}},
        {"id": "m1"},
        {"id": "m1", "mediaType": "image", "asset": {}},
        {"ok": None, "id": "m1", "record": None},
    ],
)
def test_created(fields):
    """An entry was created if `ok` says so, or if the result is the entry itself."""
    assert converted(fields) == (State.SUCCESS, None, "m1", False)


@pytest.mark.parametrize("media_id", [None, "", 5, ["m1"], {}])
def test_created_without_an_id(media_id):
    """A value that is not text is ignored as an id; the entry still counts as created."""
    assert converted({"ok": True, "id": media_id}) == (State.SUCCESS, None, None, False)


@pytest.mark.parametrize(
    ("details", "reason", "media_id"),
    [
        ({"message": "id is not unique: 'x'"}, "already exists: id is not unique: 'x'", None),
        ({"message": "taken", "mediaId": "m1"}, "already exists: taken", "m1"),
        ({"message": "taken", "mediaId": 5}, "already exists: taken", None),
        ({"message": "taken", "mediaId": ""}, "already exists: taken", None),
        ({}, "already exists", None),
    ],
)
def test_conflict(details, reason, media_id):
    """A conflict is an entry that existed before; newer servers name it."""
    fields = refused("id: x", 409, "UniqueIdViolation", **details)

    assert converted(fields) == (State.SKIPPED, reason, media_id, True)


def test_conflict_with_an_archived_entry():
    """An archived entry cannot be updated, so the item fails."""
    message = 'Media with externalId "x" from system "s" has been archived.'
    fields = refused("id: x", 409, "Conflict", message=message, mediaId="m1")

    assert converted(fields) == (State.FAILED, message, None, False)


@pytest.mark.parametrize("status", [400, 500, "409", None, True])
def test_any_other_refusal(status):
    """A result that is neither created nor a conflict has failed."""
    fields = refused("id: x", status, message="no")

    assert converted(fields) == (State.FAILED, "no", None, False)


@pytest.mark.parametrize("fields", [{}, {"ok": False}, {"ok": "true"}, {"ok": 1}, {"id": 5}])
def test_result_without_information(fields):
    """A result without information is not a success."""
    assert converted(fields) == (State.FAILED, "refused", None, False)


def test_entry_with_an_error_is_not_created():
    """An id beside an error is not the id of a created entry."""
    assert converted({"id": "m1", "error": "Boom"}) == (State.FAILED, "Boom", None, False)


@pytest.mark.parametrize("suffix", ["errors", "errors-2025-03"])
def test_documented_refusals(suffix):
    """The documented messages about metadata and a missing system are kept."""
    body = example(f"library-import-{suffix}")["body"]
    (listed,) = body.values()

    assert [converted(fields)[1] for fields in listed] == [
        "already exists: id is not unique: 'custom-1'",
        "already exists: externalId is not unique: 'external-1'",
        "An asset with an externalId also requires a systemName",
        f"Metadata validation failed. {SENTENCE}",
    ]


def test_documented_refusal_of_2024():
    """The names of the answers of 2024 are supported."""
    ((fields),) = example("library-import-metadata-2024")["body"]["mediaLibraryEntries"]

    assert converted(fields)[1] == f"MetadataValidationErrors: {SENTENCE.replace('must', 'should')}"


@pytest.mark.parametrize("key", ["errors", "invalidMetadata"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([PROBLEM], SENTENCE),
        ([PROBLEM, PROBLEM], f"{SENTENCE}; {SENTENCE}"),
        ([{"message": "no"}], "no"),
        ([{"metadataProperty": "title"}], "`metadataProperty`: title"),
        ({"title": "no"}, "`title`: no"),
        ({"title": {"message": "no"}}, "`title`: no"),
        ({"title": ["no", "never"]}, "`title`: no; `title`: never"),
        (["title", 5, True], "title; 5; True"),
        ("title", "title"),
        ([{"metadataProperty": "a", "message": "no", "stack": "at x"}], "`a`: no"),
        ([{"a": "no", "stack": "at x"}], "`a`: no"),
    ],
)
def test_metadata_in_any_shape(key, value, text):
    """Lists, objects and plain texts are joined to one line."""
    fields = refused("id: x", error="E", message="Bad.", **{key: value})

    assert converted(fields)[1] == f"Bad. {text}"


@pytest.mark.parametrize("value", [None, [], {}, [None], [[[[[[["deep"]]]]]]], {"stack": "at x"}])
def test_metadata_without_information(value):
    """Only the message is reported if the details are empty or too deeply nested."""
    assert converted(refused("id: x", message="Bad", errors=value))[1] == "Bad"


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"asset.size": "must be number", "stack": "at x"}, "E: `asset.size`: must be number"),
        ("just words", "E: just words"),
        (["one", "two"], "E: one; two"),
        (None, "E"),
        ({"stack": "at x"}, "E"),
        ({"message": ["no"]}, "E: `message`: no"),
    ],
)
def test_details_in_any_shape(details, reason):
    """Without a message the details follow the error's name; stack traces are omitted."""
    fields = {"ok": False, "status": 400, "error": "E", "error_details": details}

    assert converted(fields)[1] == reason


@pytest.mark.parametrize("status", [400, 409])
def test_reason_is_one_short_line(status):
    """A reason of several lines is joined and cut to its maximum length."""
    fields = refused("id: x", status, message="a\n  b\t" + "c" * 5000)
    reason = converted(fields)[1]

    assert len(reason) == REASON_LENGTH
    assert "a b ccc" in reason
    assert reason.endswith("…")
