"""Reading the media library."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings
from tests.emulator.server_client import Clock, ServerClient, video
from tests.harness.projects import project_config
from tests.harness.records import image as library_image

AT_ONCE = Settings(job_polls=0)


def test_entry():
    """An entry has its pair, asset and metadata as sent, and its title."""
    server = ServerClient(Emulator(AT_ONCE, now=Clock()))
    server.submit(video())

    (entry,) = server.look_up("v-1")

    media_id = entry["id"]
    assert entry == {
        "id": media_id,
        "version": 1,
        "systemName": "old-dam",
        "externalId": "v-1",
        "mediaType": "video",
        "asset": {
            "key": f"2026/09/21/{media_id}.mp4",
            "url": f"https://livingdocs-videos.example/2026/09/21/{media_id}.mp4",
            "mimeType": "video/mp4",
            "filename": "v-1.mp4",
            "width": 1920,
            "height": 1080,
            "duration": 90.5,
            "size": 10485760,
        },
        "metadata": {"title": "Title of v-1", "credit": "Ann"},
        "translations": [],
        "createdAt": "2026-09-21T14:13:20.000Z",
        "updatedAt": "2026-09-21T14:13:20.000Z",
    }
    assert server.request("GET", f"mediaLibrary/{media_id}").json() == entry


@pytest.mark.parametrize(
    ("shown", "metadata", "file_name"),
    [
        ("metadata", {"title": "Title of v-1", "credit": "Ann"}, "v-1.mp4"),
        ("asset", {"credit": "Ann"}, "Title of v-1"),
        ("nowhere", {"credit": "Ann"}, "v-1.mp4"),
    ],
)
def test_where_the_title_is_shown(shown, metadata, file_name):
    """`title_shown` decides where `fileName` is shown: as a property, in the asset, or nowhere."""
    server = ServerClient(Emulator(Settings(job_polls=0, title_shown=shown)))
    server.submit(video())

    (entry,) = server.look_up("v-1")

    assert (entry["metadata"], entry["asset"]["filename"]) == (metadata, file_name)


def test_own_title():
    """An item keeps its own `title`, and a project without that property gets none."""
    own = ServerClient(Emulator(AT_ONCE))
    own.submit(video(metadata={"title": "Own"}))
    none = ServerClient(
        Emulator(Settings(job_polls=0, project_config=project_config(credit="li-text")))
    )
    none.submit(video())

    assert own.look_up("v-1")[0]["metadata"] == {"title": "Own"}
    assert none.look_up("v-1")[0]["metadata"] == {"credit": "Ann"}


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("v1", "mediaLibraryEntries"),
        ("beta", "mediaLibraryEntries"),
        ("2025-03", "mediaLibraryEntries"),
        ("2025-11", "mediaLibraryEntries"),
        ("2026-01", "results"),
        ("2026-05", "results"),
    ],
)
def test_list_key(version, key):
    """The key of the list changed in 2026-01; no match is an empty list."""
    query = {"externalId": "x", "systemName": "y"}

    answer = ServerClient(Emulator()).request("GET", f"/api/{version}/mediaLibrary", params=query)

    assert answer.json() == {key: []}


def test_ids():
    """Several ids return the existing entries in the given order."""
    emulator = Emulator(AT_ONCE)
    server = ServerClient(emulator)
    server.submit(video("a"), video("b"))
    first, second = (entry["id"] for entry in emulator.entries())

    listed = server.request(
        "GET", "mediaLibrary", params={"ids": f"{second},nobody,{first}"}
    ).json()

    assert [entry["externalId"] for entry in listed["results"]] == ["b", "a"]


def test_missing_entry():
    """An unknown id answers 404 with the vendor's message."""
    answer = ServerClient(Emulator()).request("GET", "mediaLibrary/yLBGtTjWN4ba")

    assert answer.json()["error_details"] == {
        "name": "NotFound",
        "message": "MediaLibrary Entry does not exist (id: 'yLBGtTjWN4ba')",
    }


def test_read_delay():
    """With a delay, a new entry exists but is not visible yet."""
    clock = Clock()
    emulator = Emulator(Settings(job_polls=0, read_delay=30), now=clock)
    server = ServerClient(emulator)
    server.submit(video())
    media_id = emulator.entries()[0]["id"]

    assert server.look_up("v-1") == []
    assert server.request("GET", f"mediaLibrary/{media_id}").status_code == 404
    clock.moment += 30
    assert len(server.look_up("v-1")) == 1


def test_stored_images():
    """`serve-image` answers with an image by its key; a lost, revoked or other file is refused."""
    emulator = Emulator(AT_ONCE, now=Clock())
    server = ServerClient(emulator)
    entries = [library_image(number, systemName="old-dam") for number in (1, 2, 3)]
    server.request("POST", "import/mediaLibrary", json={"mediaLibraryEntries": entries})
    ids = [entry["id"] for entry in emulator.entries()]
    emulator.lose_file(ids[1])
    patches = {"patches": [{"operation": "revokeAsset"}]}
    server.request("PATCH", f"mediaLibrary/{ids[2]}", json=patches)

    answers = [
        server.request("GET", f"mediaLibrary/serve-image/{key}")
        for key in ("legacy/1.jpg", "legacy/2.jpg", "legacy/3.jpg", "legacy/4.jpg")
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 403, 404]
    assert answers[0].headers["content-type"] == "image/jpeg"
    assert "No image found." in answers[1].text
    assert emulator.requests["GET mediaLibrary/serve-image/{key}"] == 4
