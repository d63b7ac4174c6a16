"""Objects for documents: complete, or left out with the reason."""

from __future__ import annotations

import pytest

from ld_import.exports.documents import FILES, document_of
from ld_import.exports.left_out import COMPLETE, LeftOut
from tests.exports.rows import IMAGE_URL, image_row, video_row

REQUIRED = ("mediaId", "originalUrl", "mimeType", "width", "height")


def test_image():
    """An image has the properties that a directive requires, and its key."""
    assert document_of(image_row()) == {
        "systemName": "archive",
        "externalId": "p1",
        "legacyUrl": "http://old.example/1.jpg",
        "image": {
            "mediaId": "m1",
            "originalUrl": IMAGE_URL,
            "mimeType": "image/jpeg",
            "width": 640,
            "height": 480,
            "key": "2026/1.jpg",
        },
    }


def test_image_without_a_key():
    """An optional property that is not known is omitted."""
    document = document_of(image_row(key=None))

    assert isinstance(document, dict)
    assert set(document["image"]) == set(REQUIRED)


def test_video():
    """A video has the duration under the name that a directive uses."""
    document = document_of(video_row())

    assert isinstance(document, dict)
    assert set(document["video"]) == {*REQUIRED, "durationSeconds"}
    assert document["video"]["durationSeconds"] == 12.5


@pytest.mark.parametrize(("row", "name"), [(image_row(), "image"), (video_row(), "video")])
def test_media_library(row, name):
    """In the media library, the mimeType chooses the directive."""
    document = document_of({**row, "kind": "media-library"})

    assert isinstance(document, dict)
    assert name in document


@pytest.mark.parametrize("name", ["originalUrl", "mimeType", "width", "height", "duration"])
def test_incomplete(name):
    """An item that lacks a required property is left out; `--complete` may help."""
    left_out = document_of(video_row(**{name: None}))

    shown = {"duration": "durationSeconds"}.get(name, name)
    assert left_out == LeftOut(f"{shown} is not known", COMPLETE)


def test_several_properties_are_missing():
    """All missing properties are named."""
    left_out = document_of(video_row(width=None, height=None, duration=None))

    assert left_out == LeftOut("width, height and durationSeconds are not known", COMPLETE)


def test_zero_is_a_value():
    """A video of zero seconds is complete."""
    assert isinstance(document_of(video_row(duration=0.0)), dict)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (image_row(mimeType="application/pdf"), "the mimeType does not begin with image/"),
        (video_row(mimeType="image/gif"), "the mimeType does not begin with video/"),
        (image_row(state="failed"), "not imported, the state is failed"),
        (image_row(state="invalid", mediaId=None), "not imported, the state is invalid"),
        (image_row(mediaId=None), "the server returned no mediaId"),
        (image_row(kind="media-library", mimeType=None), "mimeType is not known"),
    ],
)
def test_left_out(row, reason):
    """Media that no directive accepts, and items without a medium, are left out."""
    left_out = document_of(row)

    assert isinstance(left_out, LeftOut)
    assert (left_out.reason, left_out.is_expected) == (reason, False)


@pytest.mark.parametrize(
    "row",
    [
        image_row(kind="files", mimeType="application/pdf"),
        image_row(kind="files", mimeType=None),
        image_row(kind="media-library", mimeType="application/pdf"),
    ],
)
def test_files(row):
    """Files are left out, since their JSON in documents is not published."""
    assert document_of(row) == FILES
