"""Files: what their schema asks besides, and where their answers keep the mediaId."""

from __future__ import annotations

import orjson
import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.base import Checker
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
    """Return what is wrong with an entry, field by field."""
    invalid = FILES.item_from(Entry(1, "x", {**FIELDS, **fields}), "archive", b"digest")
    assert isinstance(invalid, Invalid), invalid
    return [(problem.field, problem.text) for problem in invalid.problems]


@pytest.mark.parametrize("media_type", ["file", "posterFile", "x"])
def test_media_type_goes_out(media_type):
    """Any handle of the project's will do."""
    entry = Entry(1, "x", {**FIELDS, "mediaType": media_type})
    item = FILES.item_from(entry, "archive", b"digest")

    assert isinstance(item, Item)
    assert orjson.loads(item.body)["mediaType"] == media_type


def test_media_type_is_needed():
    """Unlike videos, files have to say their mediaType."""
    fields = {name: value for name, value in FIELDS.items() if name != "mediaType"}
    invalid = FILES.item_from(Entry(1, "x", fields), "archive", b"digest")

    assert isinstance(invalid, Invalid)
    assert [problem.text for problem in invalid.problems] == [
        "`mediaType` is missing; give the handle of a media type of the project, such as `file`"
    ]


@pytest.mark.parametrize("media_type", ["", None, 5, ["file"]])
def test_media_type_is_some_text(media_type):
    """A handle is text, and not empty."""
    assert [field for field, _ in problems(mediaType=media_type)] == ["mediaType"]


@pytest.mark.parametrize(
    "url", ["ftp://files.example/1", "data:image/png;base64,AA", "/1", "https://a/b c", ""]
)
def test_address_the_server_cannot_fetch(url):
    """The server fetches by http(s) alone, and the advice speaks of the file."""
    ((field, text),) = problems(url=url)

    assert field == "url"
    assert "from which the server can fetch the file;" in text


def test_schema_advises_on_every_field():
    """No rule is without advice."""
    properties = Checker("files").schema["properties"]

    assert all(field["x-advice"] for field in properties.values())


def test_documented_media_ids():
    """Created and skipped items name their entry in the library."""
    job = FILES.job_from(example("files-status-imported")["body"], "j")

    assert job is not None
    assert job.results is not None
    assert [(one.media_id, one.is_existing) for one in job.results] == [
        ("jjiwhsf23kdk", False),
        ("jjiwhsf23kdg", True),
        (None, False),
    ]
