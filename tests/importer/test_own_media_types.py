"""Media types of a project besides `image`, `video` and `file`, in the media library."""

from __future__ import annotations

from typing import Any

import pytest

from ld_import.events import Note, Rejected
from tests.harness.program import Program
from tests.harness.projects import media_type, project_config
from tests.harness.records import image

POST = "POST import/mediaLibrary"
TITLE: list[dict[str, Any]] = [
    {"handle": name, "type": "li-text", "config": {}} for name in ("title", "credit")
]


def config():
    """Return a project with a poster (an image) and a clip (a video)."""
    project = project_config(title="li-text", credit="li-text")
    own = [media_type("poster", "mediaImage", TITLE), media_type("clip", "mediaVideo", TITLE)]
    return {**project, "mediaTypes": [*project["mediaTypes"], *own]}


@pytest.fixture
def make_library(tmp_path, make_emulator, clock):
    """Return a factory of programs that import into the media library."""

    def make(**settings):
        program = Program(tmp_path, make_emulator(**settings), clock)
        program.kind = "media-library"
        return program

    return make


def poster(number, handle="poster", **asset):
    """Return the record of an image with a media type of the project."""
    record = image(number, mediaType=handle)
    return {**record, "asset": {**record["asset"], **asset}}


def without_width(number):
    """Return the record of a poster without a width."""
    record = poster(number)
    return {
        **record,
        "asset": {key: part for key, part in record["asset"].items() if key != "width"},
    }


def rejected(ended):
    """Return line, rule and field of each problem of a run."""
    return [
        (event.record.line, problem.rule, problem.field)
        for event in ended.events
        if isinstance(event, Rejected)
        for problem in event.record.problems
    ]


def test_types_of_the_project_are_sent(make_library):
    """The project confirms the type and decides what its asset needs."""
    library = make_library(project_config=config())
    library.write(
        [
            image(1),
            poster(2),
            poster(3, "Poster"),
            poster(4, "clip"),
            poster(5, "clip", duration=3.5),
            without_width(6),
            poster(7, url="https://bucket.example/7.tif"),
        ]
    )

    ended = library.run(no_preflight=False)

    assert ended.exit_code == 3
    assert rejected(ended) == [
        (3, "unknown-media-type", "mediaType"),
        (4, "asset-of-media-type", "asset.duration"),
        (6, "asset-of-media-type", "asset.width"),
        (7, "asset-of-media-type", "asset.url"),
    ]
    assert ended.tally.refused == 4
    assert {name: entry["mediaType"] for name, entry in library.entries().items()} == {
        "v1": "image",
        "v2": "poster",
        "v5": "clip",
    }
    assert library.emulator.requests[POST] == 1


def test_without_a_project(make_library):
    """If the project cannot be read, entries with such a type are not sent, and the others are."""
    library = make_library()
    library.write([image(1), poster(2)])

    ended = library.run(no_preflight=False)

    assert (ended.exit_code, library.entries().keys()) == (3, {"v1"})
    assert rejected(ended) == [(2, "unconfirmed-media-type", "mediaType")]
    assert any(
        "no projectConfig" in event.text for event in ended.events if isinstance(event, Note)
    )


def test_without_preflight(make_library):
    """Without the preflight they are sent, and the server decides."""
    library = make_library(project_config=config())
    library.write([image(1), poster(2)])

    assert library.run(no_preflight=True).exit_code == 0
    assert library.entries().keys() == {"v1", "v2"}


def test_servers_that_do_not_know_the_type(make_library):
    """A server may refuse the whole request for one entry: only this entry fails."""
    library = make_library(project_config=config(), own_media_types=False)
    library.write([image(1), poster(2), image(3)])

    ended = library.run(no_preflight=False)

    assert ended.exit_code == 3
    assert library.states() == {"v1": "success", "v2": "failed", "v3": "success"}
    assert "mediaType" in library.rows()["v2"]["reason"]
