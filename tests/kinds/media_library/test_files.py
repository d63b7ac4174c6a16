"""The name of a file is the last part of its address, as its kind of address is written."""

from __future__ import annotations

import pytest

from ld_import.kinds.media_library import MEDIA_LIBRARY
from ld_import.kinds.media_library.files import file_name_of
from ld_import.model import Entry, Invalid


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("scans/1931/a b.jpg", "a b.jpg"),
        ("scans\\1931\\a.jpg", "a.jpg"),
        ("100% #1.jpg", "100% #1.jpg"),
        ("https://old.example/a%20b.jpg?width=5#top", "a b.jpg"),
        ("sftp://old.example/a%20b.jpg", "a b.jpg"),
        ("s3://media/films/100% #1?.mp4", "100% #1?.mp4"),
        ("gs://media/a%20b.mp4", "a%20b.mp4"),
        ("S3://media/a#b.mp4", "a#b.mp4"),
        ("https://[broken/a.jpg", "a.jpg"),
    ],
)
def test_name_of_an_address(address, name):
    """URLs are percent-encoded; paths and keys in buckets are not."""
    assert file_name_of({"file": address}) == name


def test_stated_name():
    """The name in the record wins."""
    assert file_name_of({"file": "a.jpg", "asset": {"filename": "b.jpg"}}) == "b.jpg"


@pytest.mark.parametrize("file", [None, 5, "", " ", ["a.jpg"]])
def test_a_file_that_is_no_text(file):
    """It is the only problem: with a file, `asset` and `mediaType` may be missing."""
    invalid = MEDIA_LIBRARY.item_from(Entry(1, "a", {"externalId": "a", "file": file}), "x", b"")

    assert isinstance(invalid, Invalid)
    assert [problem.field for problem in invalid.problems] == ["file"]


@pytest.mark.parametrize(
    "mime_type", ["image/png\n", "image/png\r\nX-A: b", "bild", "image/p\u00f1g"]
)
def test_a_type_that_no_header_can_have(mime_type):
    """The type of a file becomes a header of the stored object."""
    fields = {"externalId": "a", "file": "a.png", "asset": {"mimeType": mime_type}}
    invalid = MEDIA_LIBRARY.item_from(Entry(1, "a", fields), "x", b"")

    assert isinstance(invalid, Invalid)
    assert [problem.field for problem in invalid.problems] == ["asset.mimeType"]
