"""The project of the server: its configuration, and the media types of entries."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, InvalidProjectConfig, Settings
from tests.emulator.server_client import ServerClient, asset, library, library_entry, video
from tests.harness.projects import media_type, project_config

TITLE = [{"handle": "title", "type": "li-text", "config": {"translatable": True}}]
POSTERS = [
    media_type("poster", "mediaImage", TITLE),
    media_type("clip", "mediaVideo", TITLE),
]


def server_of(config):
    """Return a client of an emulator with this project."""
    return ServerClient(Emulator(Settings(job_polls=0, project_config=config)))


def test_no_configuration():
    """Without a configuration the resource does not exist, and all metadata are accepted."""
    server = ServerClient(Emulator())

    answer = server.request("GET", "projectConfig")
    (result,) = server.import_entries(library_entry(metadata={"p": [1, None]}))

    assert answer.status_code == 404
    assert answer.json()["error_details"] == {"url": "/api/2026-05/projectConfig"}
    assert result["ok"]


def test_served_configuration():
    """The configuration is served as it is, members that the server does not know included."""
    config = {
        "v": 2,
        "$baseRevision": 4711,
        "settings": {
            "handle": "town-news",
            "languages": {
                "available": [{"locale": "de", "label": "Deutsch"}, {"locale": "fr"}],
                "defaultLanguage": {"locale": "de"},
            },
        },
        "mediaTypes": [
            {
                **media_type("image", "mediaImage", TITLE),
                "asset": {"translatable": True},
                "deletionRoutine": {"enabled": True},
                "exifExtraction": {"mappings": []},
            }
        ],
        "contentTypes": [{"handle": "article", "components": [{"name": "image"}]}],
        "mediaCenter": {"licenseProfiles": {"enabled": True, "profiles": [{"handle": "dpa"}]}},
    }

    answer = server_of(config).request("GET", "projectConfig")

    assert answer.status_code == 200
    assert answer.json() == config


def test_added_members():
    """A configuration without version, revision, handle and metadata gets them."""
    bare = {"type": "mediaFile", "handle": "file"}

    answer = server_of({"mediaTypes": [bare]}).request("GET", "projectConfig").json()

    assert answer == {
        "v": 2,
        "$baseRevision": 1,
        "mediaTypes": [{**bare, "metadata": []}],
        "settings": {"handle": "emulated-project"},
    }


def test_default_media_types():
    """Without `mediaTypes`, there is one type of each kind, with four texts as properties."""
    server = server_of({})
    names = ("title", "caption", "source", "description")

    good, bad = server.import_entries(
        library_entry("a", "file", metadata=dict.fromkeys(names, "x")),
        library_entry("b", metadata={"credit": "Ann", "title": 1}),
    )

    assert "mediaTypes" not in server.request("GET", "projectConfig").json()
    assert good["ok"]
    assert [error["metadataProperty"] for error in bad["error_details"]["errors"]] == [
        "credit",
        "title",
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"mediaType": "clip"}, None),
        ({"mediaType": "film"}, "The media type 'film' is not configured"),
        ({"mediaType": "poster"}, "The media type 'poster' is not a media type of videos"),
        ({}, None),
    ],
)
def test_media_type_of_an_item(given, reason):
    """A given media type is a configured one of its kind; the default one need not exist."""
    server = server_of({"mediaTypes": POSTERS})

    (item,) = server.finish(server.submit(video(metadata={"title": "Fire"}, **given)))["videos"]

    assert item["state"] == ("failed" if reason else "success")
    assert item.get("reason") == reason


def test_default_media_type_of_another_kind():
    """Metadata of an item without `mediaType` are free if its kind has no default media type."""
    server = server_of({"mediaTypes": [media_type("video", "mediaImage", TITLE)]})

    (item,) = server.finish(server.submit(video(metadata={"credit": "Ann"})))["videos"]

    assert item["state"] == "success"


def test_properties_of_the_given_media_type():
    """Metadata are compared with the media type of the item, not with that of its kind."""
    credit = [{"handle": "credit", "type": "li-text"}]
    server = server_of({"mediaTypes": [*POSTERS, media_type("video", "mediaVideo", credit)]})

    items = server.finish(
        server.submit(
            video("a", metadata={"credit": "Ann"}),
            video("b", metadata={"credit": "Ann"}, mediaType="clip"),
        )
    )["videos"]

    assert [item["state"] for item in items] == ["success", "failed"]


def test_own_handles_in_the_media_library():
    """Entries may have any configured media type, whose kind determines the required asset."""
    server = server_of({"mediaTypes": POSTERS})
    image, clip, other = (
        library_entry("a", mediaType="poster"),
        library_entry("b", mediaType="clip"),
        library_entry("c", mediaType="image"),
    )
    refused = server.request("POST", "import/mediaLibrary", json=library(image, clip))

    good, bad = server.import_entries(image, other)

    assert refused.status_code == 400
    assert refused.json()["error_details"] == {
        "mediaLibraryEntries.1.asset.duration": "is required"
    }
    assert good["ok"]
    assert (bad["status"], bad["error"]) == (400, "ValidationError")
    assert bad["error_details"] == {"message": "The media type 'image' is not configured"}


def test_closed_media_library():
    """With the switch, a request with an own handle is refused as a whole."""
    config = {"mediaTypes": [*POSTERS, media_type("image", "mediaImage", TITLE)]}
    server = ServerClient(Emulator(Settings(project_config=config, own_media_types=False)))
    entries = library_entry("a", mediaType="image"), library_entry("b", mediaType="poster")

    refused = server.request("POST", "import/mediaLibrary", json=library(*entries))

    assert refused.status_code == 400
    assert refused.json()["error_details"].keys() == {"mediaLibraryEntries.1"}
    assert server.import_entries(entries[0])[0]["ok"]


def test_patch_of_an_entry_with_an_own_handle():
    """Metadata and assets of a PATCH are compared with the entry's media type."""
    server = server_of({"mediaTypes": POSTERS})
    server.import_entries(library_entry("a", mediaType="poster"))
    replaced = {"operation": "replaceAsset", "value": asset("file")}
    changed = {"operation": "setMetadataProperty", "propertyName": "credit", "value": "Ann"}

    answers = [server.patch("a", patch) for patch in (replaced, changed)]

    assert "patches.0.value.width" in answers[0].json()["error_details"]
    (error,) = answers[1].json()["error_details"]["errors"]
    assert error["message"] == "The property 'credit' is not configured"


def test_entry_whose_media_type_was_removed():
    """A media type that the configuration no longer has accepts all metadata and any asset."""
    emulator = Emulator(Settings(project_config={"mediaTypes": POSTERS}))
    server = ServerClient(emulator)
    server.import_entries(library_entry("a", mediaType="poster"))
    emulator.settings = Settings(project_config=project_config(title="li-text"))
    replaced = {"operation": "replaceAsset", "value": asset("file")}
    changed = {"operation": "setMetadataProperty", "propertyName": "area", "value": "New"}

    assert [server.patch("a", patch).status_code for patch in (replaced, changed)] == [200, 200]


def test_one_pair_in_two_kinds():
    """The kind of an entry decides whether an import may replace it, not its handle."""
    server = server_of({"mediaTypes": POSTERS})
    server.import_entries(library_entry("a", externalId="v-1", mediaType="poster"))

    (item,) = server.finish(server.submit(video(metadata={}, mediaType="clip")))["videos"]

    assert item["reason"] == "externalId is not unique: 'v-1'"


def test_default_locale():
    """The default language of the project is the locale whose asset cannot be removed."""
    languages = {"available": [{"locale": "fr"}], "defaultLanguage": {"locale": "fr"}}
    server = server_of(project_config(title="li-text") | {"settings": {"languages": languages}})
    server.import_entries(library_entry("a"))

    removed = [server.patch("a", {"operation": "removeAsset", "locale": x}) for x in ("de", "fr")]

    assert [answer.status_code for answer in removed] == [200, 400]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ([], "the configuration must be an object"),
        ({"mediaTypes": {}}, "`mediaTypes` must be a list"),
        ({"mediaTypes": []}, "`mediaTypes` must not be empty"),
        ({"mediaTypes": ["image"]}, "`mediaTypes[0]` must be an object"),
        ({"mediaTypes": [{"type": "mediaImage"}]}, "`mediaTypes[0].handle` is missing"),
        (
            {"mediaTypes": [{"type": "image", "handle": "a"}]},
            "`mediaTypes[0].type` must be one of mediaImage, mediaVideo, mediaFile",
        ),
        ({"mediaTypes": [media_type("", "mediaFile", [])]}, "`mediaTypes[0].handle` must not be"),
        (
            {"mediaTypes": [media_type("a", "mediaFile", TITLE * 2)]},
            "`mediaTypes[0].metadata[1].handle` repeats that of `mediaTypes[0].metadata[0]`",
        ),
        (
            {"mediaTypes": POSTERS * 2},
            "`mediaTypes[2].handle` repeats that of `mediaTypes[0]`",
        ),
        (
            {"mediaTypes": [media_type("a", "mediaFile", [{"handle": "b", "type": 5}])]},
            "`mediaTypes[0].metadata[0].type` must be a text",
        ),
        ({"settings": {"languages": {"available": [{}]}}}, "[0].locale` is missing"),
        ({"settings": {"handle": 4}}, "`settings.handle` must be a text"),
        ({"mediaTypes": [{}, {}]}, "; and 1 more"),
        ({"$baseRevision": 10**30}, "the configuration cannot be written as JSON: "),
    ],
)
def test_invalid_configuration(config, text):
    """A configuration that the server cannot use is refused at the start, with the place."""
    with pytest.raises(InvalidProjectConfig) as caught:
        Emulator(Settings(project_config=config))

    assert text in str(caught.value)
