"""Files: required mediaType, and the path of the mediaId in answers."""

from __future__ import annotations

import orjson
import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.checker import Checker
from ld_import.model import Entry, Invalid, Item
from tests.kinds.contract import example

FILES = KINDS["files"]
FIELDS = {
    "url": "https://files.example/1",
    "fileName": "One",
    "mediaType": "file",
    "metadata": {},
}


def problems(**fields):
    """Return fields and texts of the problems of an invalid entry."""
    invalid = FILES.item_from(Entry(1, "x", {**FIELDS, **fields}), "archive", b"digest")
    assert isinstance(invalid, Invalid), invalid
    return [(problem.field, problem.text) for problem in invalid.problems]


@pytest.mark.parametrize("media_type", ["file", "posterFile", "x"])
def test_media_type_is_sent(media_type):
    """The handle of any media type of the project is sent."""
    entry = Entry(1, "x", {**FIELDS, "mediaType": media_type})
    item = FILES.item_from(entry, "archive", b"digest")

    assert isinstance(item, Item)
    assert orjson.loads(item.body)["mediaType"] == media_type


def test_media_type_is_required():
    """Files require a mediaType, unlike videos."""
    fields = {name: value for name, value in FIELDS.items() if name != "mediaType"}
    invalid = FILES.item_from(Entry(1, "x", fields), "archive", b"digest")

    assert isinstance(invalid, Invalid)
    assert [problem.text for problem in invalid.problems] == [
        "`mediaType` is missing; give the handle of a media type of the project, such as `file`"
    ]


@pytest.mark.parametrize("media_type", ["", None, 5, ["file"]])
def test_media_type_is_some_text(media_type):
    """A handle is a text that is not empty."""
    assert [field for field, _ in problems(mediaType=media_type)] == ["mediaType"]


@pytest.mark.parametrize(
    "url", ["ftp://files.example/1", "data:image/png;base64,AA", "/1", "https://a/b c", ""]
)
def test_address_the_server_cannot_fetch(url):
    """Only http(s) URLs are valid; the advice mentions the file."""
    ((field, text),) = problems(url=url)

    assert field == "url"
    assert "from which the server can fetch the file" in text


def test_schema_advises_on_every_field():
    """Every rule has advice."""
    properties = Checker("files").schema["properties"]

    assert all(field["x-advice"] for field in properties.values())


def test_documented_media_ids():
    """Created and skipped items have the id of their entry in the library."""
    job = FILES.job_from(example("files-status-imported")["body"], "j")

    assert job is not None
    assert job.results is not None
    assert [(result.media_id, result.is_existing) for result in job.results] == [
        ("jjiwhsf23kdk", False),
        ("jjiwhsf23kdg", True),
        (None, False),
    ]
