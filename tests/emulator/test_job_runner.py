"""Effects of a job on the media library, and its results."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, batch, states, video

SUBMIT = "POST import/videos"
AT_ONCE = Settings(job_polls=0)


def test_result_of_a_new_item():
    """The result of a new item refers to the created entry."""
    server = ServerClient(Emulator())

    (item,) = server.finish(server.submit(video()))["videos"]

    (entry,) = server.look_up("v-1")
    assert item == {
        "state": "success",
        "systemName": "old-dam",
        "externalId": "v-1",
        "video": {
            "mediaId": entry["id"],
            "originalUrl": entry["asset"]["url"],
            "mimeType": "video/mp4",
        },
    }


@pytest.mark.parametrize(
    ("vocabulary", "key", "word"),
    [
        ("success", "state", "success"),
        ("imported", "state", "imported"),
        ("status", "status", "success"),
    ],
)
def test_vocabularies(vocabulary, key, word):
    """The state of a new item and its key follow the `vocabulary` of the server."""
    server = ServerClient(Emulator(Settings(vocabulary=vocabulary, fail_url={"bad": "no"})))

    body = server.finish(server.submit(video(), video(), video("bad")))

    assert states(body, key) == [word, "skipped", "failed"]
    assert body["state"] == "success"
    assert [item.get("title") for item in body["videos"]] == (
        ["Title of v-1", "Title of v-1", "Title of bad"] if vocabulary == "status" else [None] * 3
    )


def test_equal_content_is_skipped():
    """A pair with equal content is skipped, and its result refers to the existing entry."""
    emulator = Emulator(AT_ONCE)
    server = ServerClient(emulator)
    first = server.finish(server.submit(video()))["videos"][0]

    again = server.finish(server.submit(video()))["videos"][0]

    assert (again["state"], again["reason"]) == ("skipped", "already exists")
    assert again["video"] == first["video"]
    (entry,) = emulator.entries()
    assert (entry["created"], entry["updated"], entry["repeated"]) == (1, 0, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://media.example/other.webm"},
        {"fileName": "Other"},
        {"metadata": {}},
        {"mediaType": "film"},
    ],
)
def test_other_content_updates(change):
    """Changed content replaces the entry: same id, next version, and the item succeeds."""
    clock = Clock()
    emulator = Emulator(AT_ONCE, now=clock)
    server = ServerClient(emulator)
    first = server.finish(server.submit(video()))["videos"][0]
    clock.moment += 60

    again = server.finish(server.submit(video(**change)))["videos"][0]

    assert again["state"] == "success"
    assert again["video"]["mediaId"] == first["video"]["mediaId"]
    (entry,) = emulator.entries("videos")
    assert (entry["version"], entry["created"], entry["updated"]) == (2, 1, 1)
    assert entry["content"] == video(**change)
    assert entry["updatedAt"] - entry["createdAt"] == 60


def test_every_repeat_skipped():
    """With `skip`, an existing entry is not changed by new content."""
    emulator = Emulator(Settings(repeat="skip", job_polls=0))
    server = ServerClient(emulator)
    server.submit(video())

    (item,) = server.finish(server.submit(video(fileName="Other")))["videos"]

    assert item["state"] == "skipped"
    (entry,) = emulator.entries()
    assert (entry["fileName"], entry["version"], entry["repeated"]) == ("Title of v-1", 1, 1)


def test_same_pair_twice_in_one_batch():
    """Items are imported in order, so the second item with the same pair is a repeat."""
    server = ServerClient(Emulator())

    body = server.finish(server.submit(video(), video(), video(fileName="Other")))

    assert states(body) == ["success", "skipped", "success"]
    assert len({item["video"]["mediaId"] for item in body["videos"]}) == 1


def test_same_id_in_another_system():
    """An id is unique only within its system."""
    emulator = Emulator(AT_ONCE)
    server = ServerClient(emulator)
    server.submit(video(), systemName="a")
    server.submit(video(), systemName="b")

    assert len({entry["id"] for entry in emulator.entries()}) == 2
    assert [entry["systemName"] for entry in server.look_up("v-1", "b")] == ["b"]


def test_pair_of_another_kind():
    """A pair is unique across kinds: a second kind cannot use it."""
    emulator = Emulator(AT_ONCE)
    server = ServerClient(emulator)
    server.submit(video())

    (item,) = server.finish(server.submit(video(), kind="files"), "files")["files"]

    assert (item["state"], item["reason"]) == ("failed", "externalId is not unique: 'v-1'")
    assert "mediaId" not in item
    assert emulator.entries("files") == []


def test_failing_url():
    """An item with a URL in `fail_url` fails with that reason and no reference; a repeat, too."""
    emulator = Emulator(Settings(fail_url={"/broken/": "Could not upload video"}, job_polls=0))
    server = ServerClient(emulator)
    server.submit(video())
    broken = video(url="https://media.example/broken/1.mp4")

    body = server.finish(server.submit(broken, video("v-2")))

    assert states(body) == ["failed", "success"]
    assert body["videos"][0] == {
        "state": "failed",
        "reason": "Could not upload video",
        "systemName": "old-dam",
        "externalId": "v-1",
    }
    assert emulator.entries()[0]["version"] == 1


@pytest.mark.parametrize(
    ("url", "mime_type"),
    [
        ("https://media.example/a.MOV?sig=1", "video/quicktime"),
        ("https://media.example/a.webm", "video/webm"),
        ("https://media.example/stream", "video/mp4"),
        ("https://media.example/a.pdf", "video/mp4"),
    ],
)
def test_mime_type(url, mime_type):
    """The type follows the suffix of the URL's path; the default is mp4."""
    server = ServerClient(Emulator())

    (item,) = server.finish(server.submit(video(url=url)))["videos"]

    assert item["video"]["mimeType"] == mime_type


def test_shuffled():
    """A shuffled list has the same items in a different order, which is stable between requests."""
    emulator = Emulator(Settings(order="shuffled", job_polls=0))
    server = ServerClient(emulator)
    wanted = [f"v-{n}" for n in range(20)]
    job_id = server.submit(*(video(external_id) for external_id in wanted))

    first, second = ([i["externalId"] for i in server.status(job_id)["videos"]] for _ in range(2))

    assert first == second != wanted
    assert sorted(first) == sorted(wanted)
    ids = [entry["id"] for entry in emulator.entries()]
    listed = server.request("GET", "mediaLibrary", params={"ids": ",".join(ids)}).json()["results"]
    assert sorted(entry["id"] for entry in listed) == sorted(ids)
    assert [entry["id"] for entry in listed] != ids


def test_missing_items():
    """Items may be imported without being listed."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="missing_items", count=2))
    server = ServerClient(emulator)

    body = server.finish(server.submit(video("a"), video("b"), video("c")))

    assert [item["externalId"] for item in body["videos"]] == ["a"]
    assert len(emulator.entries()) == 3


def test_surplus_items():
    """A list may contain items that were not sent, and repeated items."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="surplus_items"))
    server = ServerClient(emulator)

    body = server.finish(server.submit(video("a"), video("b")))

    assert [item["externalId"] for item in body["videos"]] == ["a", "b", "never-sent-1", "a"]


def test_scripted_items():
    """A fault selects an item by its id, which fails or gets an undocumented state."""
    emulator = Emulator()
    emulator.script(
        Fault(on=SUBMIT, action="fail_item", external_id="a", reason="too long"),
        Fault(on=SUBMIT, action="unknown_item_state", external_id="b"),
    )
    server = ServerClient(emulator)

    body = server.finish(server.submit(video("a"), video("b"), video("c")))

    assert states(body) == ["failed", "postponed", "success"]
    assert body["videos"][0]["reason"] == "too long"
    assert "video" in body["videos"][1]


def test_every_item_fails():
    """A fault without an id affects every item of its batch, and no other batch."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="fail_item", nth=2))
    server = ServerClient(emulator)
    first, second = server.submit(video("a"), video("b")), server.submit(video("c"), video("d"))

    assert states(server.finish(first)) == ["success", "success"]
    assert states(server.finish(second)) == ["failed", "failed"]


def test_images():
    """Images have the given media type, and their reference includes width and height."""
    emulator = Emulator()
    server = ServerClient(emulator)
    image = video("i", url="https://media.example/i.png", mediaType="photo")

    (item,) = server.finish(server.submit(image, kind="images"), "images")["images"]

    assert item["image"]["mimeType"] == "image/png"
    assert item["image"].keys() == {
        "mediaId", "originalUrl", "url", "width", "height", "mimeType", "imageService",
    }  # fmt: skip
    assert emulator.entries("images")[0]["mediaType"] == "photo"


@pytest.mark.parametrize(("kind", "media_type"), [("images", "image"), ("files", "file")])
def test_media_type(kind, media_type):
    """Without a media type, an item gets the default of its kind, or is refused if required."""
    emulator = Emulator(AT_ONCE)
    body = batch(video(), kind=kind)

    taken = ServerClient(emulator).request("POST", f"/api/v1/import/{kind}", json=body)
    strict = ServerClient(Emulator(Settings(media_type_required=True)))
    refused = strict.request("POST", f"import/{kind}", json=body)

    assert taken.status_code == 200
    assert emulator.entries()[0]["mediaType"] == media_type
    assert refused.json()["error_details"] == {f"{kind}.0.mediaType": "is required"}
    strict.submit(video(mediaType="photo"), kind=kind)
    strict.submit(video())


def test_files():
    """The `mediaId` of a file is a member of the result itself."""
    server = ServerClient(Emulator())
    file = video("f", url="https://media.example/f.pdf")

    (item,) = server.finish(server.submit(file, kind="files"), "files")["files"]

    assert item.keys() == {"state", "systemName", "externalId", "mediaId"}
    assert server.look_up("f")[0]["asset"]["mimeType"] == "application/pdf"
