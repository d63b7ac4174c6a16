"""What a job does to the media library, and what it says of each item."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, batch, states, video

SUBMIT = "POST import/videos"
AT_ONCE = Settings(job_polls=0)


def test_result_of_a_new_item():
    """A new item refers to the entry that was made of it."""
    server = ServerClient(Emulator())

    (item,) = server.finish(server.submit(video()))["videos"]

    (entry,) = server.found("v-1")
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
    """The word for a new item, and the key it stands under, are those of the server's age."""
    server = ServerClient(Emulator(Settings(vocabulary=vocabulary, fail_url={"bad": "no"})))

    body = server.finish(server.submit(video(), video(), video("bad")))

    assert states(body, key) == [word, "skipped", "failed"]
    assert body["state"] == "success"
    assert [item.get("title") for item in body["videos"]] == (
        ["Title of v-1", "Title of v-1", "Title of bad"] if vocabulary == "status" else [None] * 3
    )


def test_equal_content_is_skipped():
    """The same pair with the same content is skipped and refers to the entry that exists."""
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
    """Other content replaces the entry: same id, next version, and the item is a success."""
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
    """Under `skip` an existing entry is left alone, whatever the new content is."""
    emulator = Emulator(Settings(repeat="skip", job_polls=0))
    server = ServerClient(emulator)
    server.submit(video())

    (item,) = server.finish(server.submit(video(fileName="Other")))["videos"]

    assert item["state"] == "skipped"
    (entry,) = emulator.entries()
    assert (entry["fileName"], entry["version"], entry["repeated"]) == ("Title of v-1", 1, 1)


def test_same_pair_twice_in_one_batch():
    """Items are worked in order, so a pair given twice meets itself."""
    server = ServerClient(Emulator())

    body = server.finish(server.submit(video(), video(), video(fileName="Other")))

    assert states(body) == ["success", "skipped", "success"]
    assert len({item["video"]["mediaId"] for item in body["videos"]}) == 1


def test_same_id_in_another_system():
    """An id is unique together with the name of its system only."""
    emulator = Emulator(AT_ONCE)
    server = ServerClient(emulator)
    server.submit(video(), systemName="a")
    server.submit(video(), systemName="b")

    assert len({entry["id"] for entry in emulator.entries()}) == 2
    assert [entry["systemName"] for entry in server.found("v-1", "b")] == ["b"]


def test_pair_of_another_kind():
    """A pair belongs to one entry of the whole library: another kind cannot have it."""
    emulator = Emulator(AT_ONCE)
    server = ServerClient(emulator)
    server.submit(video())

    (item,) = server.finish(server.submit(video(), kind="files"), "files")["files"]

    assert (item["state"], item["reason"]) == ("failed", "externalId is not unique: 'v-1'")
    assert "mediaId" not in item
    assert emulator.entries("files") == []


def test_failing_url():
    """An item whose URL meets a rule fails with its reason, without a reference; a repeat too."""
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
    """The type follows the ending of the URL's path, mp4 when there is nothing to follow."""
    server = ServerClient(Emulator())

    (item,) = server.finish(server.submit(video(url=url)))["videos"]

    assert item["video"]["mimeType"] == mime_type


def test_shuffled():
    """A shuffled list holds the same items in another order, the same at every question."""
    emulator = Emulator(Settings(order="shuffled", job_polls=0))
    server = ServerClient(emulator)
    wanted = [f"v-{n}" for n in range(20)]
    job_id = server.submit(*(video(each) for each in wanted))

    told, again = ([i["externalId"] for i in server.status(job_id)["videos"]] for _ in range(2))

    assert told == again != wanted
    assert sorted(told) == sorted(wanted)
    ids = [entry["id"] for entry in emulator.entries()]
    listed = server.ask("GET", "mediaLibrary", params={"ids": ",".join(ids)}).json()["results"]
    assert sorted(entry["id"] for entry in listed) == sorted(ids)
    assert [entry["id"] for entry in listed] != ids


def test_missing_items():
    """Items may be imported and yet not be listed."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="missing_items", count=2))
    server = ServerClient(emulator)

    body = server.finish(server.submit(video("a"), video("b"), video("c")))

    assert [item["externalId"] for item in body["videos"]] == ["a"]
    assert len(emulator.entries()) == 3


def test_surplus_items():
    """A list may name items nobody sent, and items twice."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="surplus_items"))
    server = ServerClient(emulator)

    body = server.finish(server.submit(video("a"), video("b")))

    assert [item["externalId"] for item in body["videos"]] == ["a", "b", "never-sent-1", "a"]


def test_scripted_items():
    """One item may fail or end in a word nobody documented, by its id."""
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
    """A fault without an id strikes every item of its batch, and no other batch."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="fail_item", nth=2))
    server = ServerClient(emulator)
    first, second = server.submit(video("a"), video("b")), server.submit(video("c"), video("d"))

    assert states(server.finish(first)) == ["success", "success"]
    assert states(server.finish(second)) == ["failed", "failed"]


def test_images():
    """Images have the media type they name and report their measures in the reference."""
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
    """Without a media type an item gets that of its kind, or is refused where one is required."""
    emulator = Emulator(AT_ONCE)
    body = batch(video(), kind=kind)

    taken = ServerClient(emulator).ask("POST", f"/api/v1/import/{kind}", json=body)
    strict = ServerClient(Emulator(Settings(media_type_required=True)))
    refused = strict.ask("POST", f"import/{kind}", json=body)

    assert taken.status_code == 200
    assert emulator.entries()[0]["mediaType"] == media_type
    assert refused.json()["error_details"] == {f"{kind}.0.mediaType": "is required"}
    strict.submit(video(mediaType="photo"), kind=kind)
    strict.submit(video())


def test_files():
    """A file's reference lies flat on the result."""
    server = ServerClient(Emulator())
    file = video("f", url="https://media.example/f.pdf")

    (item,) = server.finish(server.submit(file, kind="files"), "files")["files"]

    assert item.keys() == {"state", "systemName", "externalId", "mediaId"}
    assert server.found("f")[0]["asset"]["mimeType"] == "application/pdf"
