"""Verdicts: what a result means for its item, in one line that a person can read."""

from __future__ import annotations

import pytest

from ld_import.kinds.media_library.results import REASON_LENGTH, result_from
from ld_import.model import State
from tests.kinds.contract import example
from tests.kinds.media_library.entries import created, refused

PROBLEM = {"metadataProperty": "title", "message": "The value of '/title' must be string"}
TOLD = "`title`: The value of '/title' must be string"


def verdict(told):
    """Return state, reason, mediaId and whether the entry was there before."""
    result = result_from(told, "x")
    assert result.external_id == "x"
    return result.state, result.reason, result.media_id, result.is_existing


@pytest.mark.parametrize(
    "told",
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
def test_created(told):
    """An entry is there when it is said to be, or when it stands there itself."""
    assert verdict(told) == (State.SUCCESS, None, "m1", False)


@pytest.mark.parametrize("media_id", [None, "", 5, ["m1"], {}])
def test_created_without_an_id(media_id):
    """What is no text is no id; that the entry was created still counts."""
    assert verdict({"ok": True, "id": media_id}) == (State.SUCCESS, None, None, False)


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
    """A conflict is an entry that was there before; newer servers tell which."""
    told = refused("id: x", 409, "UniqueIdViolation", **details)

    assert verdict(told) == (State.SKIPPED, reason, media_id, True)


def test_conflict_with_an_archived_entry():
    """An archived entry cannot be brought up to date, so its pair is a failure."""
    message = 'Media with externalId "x" from system "s" has been archived.'
    told = refused("id: x", 409, "Conflict", message=message, mediaId="m1")

    assert verdict(told) == (State.FAILED, message, None, False)


@pytest.mark.parametrize("status", [400, 500, "409", None, True])
def test_any_other_refusal(status):
    """Whatever is neither created nor a conflict has failed."""
    told = refused("id: x", status, message="no")

    assert verdict(told) == (State.FAILED, "no", None, False)


@pytest.mark.parametrize("told", [{}, {"ok": False}, {"ok": "true"}, {"ok": 1}, {"id": 5}])
def test_result_that_says_nothing(told):
    """Silence is not success."""
    assert verdict(told) == (State.FAILED, "refused", None, False)


def test_bare_entry_with_an_error_is_none():
    """An id beside an error is not the id of something new."""
    assert verdict({"id": "m1", "error": "Boom"}) == (State.FAILED, "Boom", None, False)


@pytest.mark.parametrize("suffix", ["errors", "errors-2025-03"])
def test_documented_refusals(suffix):
    """The documented words of metadata and of a missing system are kept."""
    body = example(f"library-import-{suffix}")["body"]
    (listed,) = body.values()

    assert [verdict(told)[1] for told in listed] == [
        "already exists: id is not unique: 'custom-1'",
        "already exists: externalId is not unique: 'external-1'",
        "An asset with an externalId also requires a systemName",
        f"Metadata validation failed. {TOLD}",
    ]


def test_documented_refusal_of_2024():
    """Metadata was once refused under other names."""
    ((told),) = example("library-import-metadata-2024")["body"]["mediaLibraryEntries"]

    assert verdict(told)[1] == f"MetadataValidationErrors: {TOLD}"


@pytest.mark.parametrize("key", ["errors", "invalidMetadata"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([PROBLEM], TOLD),
        ([PROBLEM, PROBLEM], f"{TOLD}; {TOLD}"),
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
    """Lists, maps and plain words are put into one line."""
    told = refused("id: x", error="E", message="Bad.", **{key: value})

    assert verdict(told)[1] == f"Bad. {text}"


@pytest.mark.parametrize("value", [None, [], {}, [None], [[[[[[["deep"]]]]]]], {"stack": "at x"}])
def test_metadata_that_says_nothing(value):
    """The message alone is told where the rest is empty or too deep."""
    assert verdict(refused("id: x", message="Bad", errors=value))[1] == "Bad"


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
    """Without a message the rest is told behind the error's name, never a stack."""
    told = {"ok": False, "status": 400, "error": "E", "error_details": details}

    assert verdict(told)[1] == reason


@pytest.mark.parametrize("status", [400, 409])
def test_reason_is_one_short_line(status):
    """A reason of many lines is joined, and cut where nobody would read on."""
    told = refused("id: x", status, message="a\n  b\t" + "c" * 5000)
    reason = verdict(told)[1]

    assert len(reason) == REASON_LENGTH
    assert "a b ccc" in reason
    assert reason.endswith("…")
