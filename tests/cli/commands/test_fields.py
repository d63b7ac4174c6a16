"""`ld-import fields`: the media types of the project, for people and programs."""

from __future__ import annotations

import os
import re

import pytest

from ld_import.emulator.settings import Token
from tests.harness.projects import media_type
from tests.harness.terminal import run_on_terminal

# Control sequences of a bold heading.
STYLE = re.compile(r"\x1b\[[01]m")
PROPERTIES = [
    {"handle": "title", "type": "li-text", "config": {"required": True, "maxLength": 20}},
    {
        "handle": "section",
        "type": "li-enum",
        "config": {
            "translatable": True,
            "dataProvider": {"items": [{"value": "news"}, {"value": "sport"}]},
        },
    },
    {"handle": "still", "type": "li-poster-image", "config": {}},
    {"handle": "mood\x1b[31m", "type": "acme-mood", "config": {"allowNewlines": False}},
]
CONFIG = {
    "$baseRevision": 17,
    "settings": {
        "handle": "town-news",
        "languages": {
            "available": [{"locale": "de"}, {"locale": "fr"}],
            "defaultLanguage": {"locale": "de"},
        },
    },
    "mediaTypes": [
        {**media_type("video", "mediaVideo", PROPERTIES), "deletionRoutine": {"enabled": True}},
        media_type("photo", "mediaImage", PROPERTIES[:1]),
    ],
}


@pytest.fixture
def town(make_place):
    """Return a place whose server has this project."""
    return make_place(project_config=CONFIG)


def test_table_in_a_pipe(town):
    """Each property is a line of cells separated by tabs; texts of the server are escaped."""
    ended = town.run("fields")

    assert (ended.code, ended.err) == (0, "")
    head, *rows = ended.lines
    assert head == ["mediaType", "property", "type", "rules", "example"]
    assert rows[0] == ["video", "title", "li-text", "required, at most 20 characters", '"Text"']
    assert rows[1] == [
        "video",
        "section",
        "li-enum",
        "translatable, one of news | sport",
        '"news"',
    ]
    assert rows[3][1:] == [r"mood\x1b[31m", "acme-mood", "no line breaks", ""]
    assert rows[4][0] == "photo"


def test_only_the_media_types_of_a_kind(town):
    """A kind limits the list to the types that its entries can have."""
    assert {row[0] for row in town.run("fields", "images").lines[1:]} == {"photo"}
    assert town.run("fields", "files").lines[1:] == []
    assert len(town.run("fields", "media-library").lines[1:]) == 5
    assert town.run("fields", "films").code == 2


def test_document(town):
    """`--json` prints the project with its languages, types, limits and examples."""
    document = town.run("fields", "videos", "--json").document

    assert (document["project"], document["revision"]) == ("town-news", "17")
    assert (document["locales"], document["defaultLocale"]) == (["de", "fr"], "de")
    (video,) = document["mediaTypes"]
    assert (video["kinds"], video["isDefault"], video["deletionRoutine"]) == (
        ["videos", "media-library"],
        True,
        True,
    )
    title, section, still, _ = video["properties"]
    assert title == {
        "handle": "title",
        "type": "li-text",
        "required": True,
        "translatable": False,
        "limits": "at most 20 characters",
        "values": [],
        "example": "Text",
    }
    assert section["values"] == ["news", "sport"]
    assert still["example"]["width"] == 1200


def test_tables_on_a_narrow_terminal(town):
    """Sixty columns are enough: wide examples follow below the table."""
    environment = {**os.environ, "COLUMNS": "60"}

    code, shown = run_on_terminal(town, "fields", "videos", env=environment)

    assert code == 0
    text = STYLE.sub("", shown)
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[0] == "project town-news, revision 17, languages de (default), fr"
    assert lines[2] == "video: for videos, media-library; the default; with a deletion routine"
    assert lines[3].split() == ["property", "type", "rules", "example"]
    assert max(len(line) for line in lines[3:] if not line.startswith("still: {")) <= 60
    assert any(line.startswith('still: {"mediaId"') for line in lines)
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"tokens": {"demo-token": Token(scopes=("public-api:write",))}}, 5, "public-api:read"),
        ({"project_config": None}, 6, "the server has no projectConfig at this API version (404)"),
        ({"tokens": {}}, 5, "The access token is invalid"),
    ],
)
def test_project_that_cannot_be_read(make_place, settings, code, said):
    """The message names the missing scope or resource, and the exit code is that of the error."""
    place = make_place(**{"project_config": CONFIG, **settings})

    ended = place.run("fields")

    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
