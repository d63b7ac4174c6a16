"""PATCH of an entry: operations, refusals, and the history of versions."""

from __future__ import annotations

import httpx
import pytest

from ld_import.emulator import Emulator, Fault, Settings, Token
from tests.emulator.server_client import Clock, ServerClient, asset, library_entry, video

PATCH = "PATCH mediaLibrary/{id}"
ARCHIVE = {"operation": "archive"}
REVOKE = {"operation": "revokeAsset"}
UNREVOKE = {"operation": "unrevokeAsset"}


def put(name="title", **value):
    """Return a patch that sets a property, or removes it if no value is given."""
    return {"operation": "setMetadataProperty", "propertyName": name, **value}


def make_server(**options):
    """Return an emulator with one entry, and a client for it."""
    emulator = Emulator(**options)
    server = ServerClient(emulator)
    translations = [
        {"locale": "fr", "metadata": {}, "asset": asset()},
        {"locale": "it", "metadata": {}, "asset": asset()},
    ]
    server.import_entries(library_entry("a", translations=translations))
    return emulator, server


def test_properties():
    """A value sets a property; null or no value removes it if it exists."""
    _, server = make_server()

    answer = server.patch(
        "a", put(value="New"), put("tags", value=["x"]), put("tags", value=None), put("absent")
    )

    assert (answer.status_code, answer.json()) == (200, {"status": 200})
    entry = server.read("a")
    assert entry["metadata"] == {"title": "New"}
    assert entry["version"] == 2


def test_updated_at():
    """A PATCH sets `updatedAt` unless `preserveUpdatedAt` is set; the version always increases."""
    clock = Clock()
    _, server = make_server(now=clock)
    before = server.read("a")["updatedAt"]
    clock.moment += 60

    server.patch("a", put(value="New"), preserveUpdatedAt=True)
    preserved = server.read("a")
    server.patch("a", put(value="Newer"), preserveUpdatedAt=False)

    assert (preserved["updatedAt"], preserved["version"]) == (before, 2)
    assert server.read("a")["updatedAt"] == "2026-09-21T14:14:20.000Z"
    assert server.read("a")["createdAt"] == before


@pytest.mark.parametrize("given", [1, "1", 1.0])
def test_version_guard(given):
    """A PATCH may name the expected version, as a number or a string."""
    _, server = make_server()

    assert server.patch("a", put(value="New"), version=given).status_code == 200
    refused = server.patch("a", put(value="Newer"), version=given)

    assert (refused.status_code, refused.json()["error"]) == (409, "Conflict")
    assert refused.json()["error_details"] == {
        "name": "Conflict",
        "message": f"Version: Expected 2 to be equal to {given}",
    }
    assert server.read("a")["metadata"] == {"title": "New"}


def test_replaced_asset():
    """A new asset replaces the old one and is read as sent."""
    emulator, server = make_server()
    wanted = asset(url="https://bucket.example/new.png", mimeType="image/png")

    server.patch("a", {"operation": "replaceAsset", "value": {**wanted, "colour": "red"}})

    assert server.read("a")["asset"] == wanted
    assert emulator.entries()[0]["mimeType"] == "image/png"


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        (asset("file"), {"url", "width", "height"}),
        (asset(url="https://bucket.example/a.avif"), {"url"}),
    ],
)
def test_invalid_asset(value, paths):
    """A new asset requires the members of the entry's media type."""
    _, server = make_server()

    refused = server.patch("a", put(value="New"), {"operation": "replaceAsset", "value": value})

    assert refused.status_code == 400
    assert refused.json()["error_details"].keys() == {f"patches.1.value.{name}" for name in paths}
    assert server.read("a")["version"] == 1


def test_asset_of_a_job():
    """An entry with a custom media type has the basic type of its import."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.submit(video(mediaType="film"))
    media_id = emulator.entries()[0]["id"]

    def replaced(sort):
        return server.patch(media_id, {"operation": "replaceAsset", "value": asset(sort)})

    assert replaced("file").status_code == 400
    assert replaced("video").status_code == 200


def test_removed_asset():
    """The asset of a locale is removed, its metadata stays; the default locale is refused."""
    _, server = make_server(settings=Settings(default_locale="en"))

    gone = server.patch("a", {"operation": "removeAsset", "locale": "fr"})
    kept = server.patch("a", {"operation": "removeAsset", "locale": "en"})

    assert (gone.status_code, kept.status_code) == (200, 400)
    assert kept.json()["error_details"].keys() == {"patches.0.locale"}
    french, italian = server.read("a")["translations"]
    assert (french, "asset" in italian) == ({"locale": "fr", "metadata": {}}, True)


def test_revoking():
    """An asset is revoked with a note and restored; repeating either is a conflict."""
    emulator, server = make_server()

    def states(*patches):
        answers = [server.patch("a", patch).status_code for patch in patches]
        entry = emulator.entries()[0]
        return answers, entry["isRevoked"], entry["revokeNote"]

    assert states(UNREVOKE) == ([409], False, None)
    assert states({**REVOKE, "note": "x" * 200}, {**REVOKE, "note": "y"}) == (
        [200, 409],
        True,
        "x" * 200,
    )
    assert states(UNREVOKE) == ([200], False, None)


def test_note_too_long():
    """A note has at most 200 characters."""
    _, server = make_server()

    refused = server.patch("a", {**REVOKE, "note": "x" * 201})

    assert refused.json()["error_details"].keys() == {"patches.0.note"}


def test_second_revocation_in_older_versions():
    """Before 2026-01 a second revocation was accepted."""
    emulator, server = make_server()

    answers = [server.patch("a", REVOKE, api="2025-11").status_code for _ in range(2)]

    assert answers == [200, 200]
    assert emulator.entries()[0]["isRevoked"]


@pytest.mark.parametrize(
    ("since", "before", "patch", "members", "details"),
    [
        ("2026-03", "2026-01", put(), {"preserveUpdatedAt": True},
         {"preserveUpdatedAt": "is not a known key"}),
        ("2026-01", "2025-11", {**REVOKE, "note": "n"}, {},
         {"patches.0.note": "is not a known key"}),
        ("2026-01", "v1", UNREVOKE, {},
         {"patches.0.operation": 'No enum match for: "unrevokeAsset"'}),
    ],
)  # fmt: skip
def test_since(since, before, patch, members, details):
    """Members are unknown in versions before the one that introduced them."""
    _, server = make_server()

    refused = server.patch("a", patch, api=before, **members)

    assert (refused.status_code, refused.json()["error_details"]) == (400, details)
    assert server.patch("a", patch, api=since, **members).status_code in (200, 409)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"patches"}),
        ({"patches": []}, {"patches"}),
        ({"patches": [{}]}, {"patches.0.operation"}),
        ({"patches": ["archive"]}, {"patches.0"}),
        ({"patches": [ARCHIVE, {"operation": 7}]}, {"patches.1.operation"}),
        ({"patches": [{"operation": "setMetadataProperty"}]}, {"patches.0.propertyName"}),
        ({"patches": [{"operation": "replaceAsset"}]}, {"patches.0.value"}),
        ({"patches": [{"operation": "removeAsset"}]}, {"patches.0.locale"}),
        ({"patches": [{**ARCHIVE, "note": "n"}]}, {"patches.0.note"}),
        ({"patches": [ARCHIVE], "version": None}, {"version"}),
        ({"patches": [ARCHIVE], "preserveUpdatedAt": 1}, {"preserveUpdatedAt"}),
        ({"patches": [ARCHIVE], "metadata": {}}, {"metadata"}),
        ([], {"message"}),
    ],
)
def test_invalid_request(body, paths):
    """The refusal of a PATCH names its invalid members by dotted path."""
    _, server = make_server()

    refused = server.request("PATCH", "mediaLibrary/a", json=body)

    assert (refused.status_code, set(refused.json()["error_details"])) == (400, paths)
    assert server.read("a")["version"] == 1


def test_all_or_nothing():
    """If an operation is refused, the operations before it are not applied either."""
    emulator, server = make_server()

    assert server.patch("a", put(value="New"), ARCHIVE, UNREVOKE).status_code == 409

    (entry,) = emulator.entries()
    assert (entry["version"], entry["patched"], entry["isArchived"]) == (1, 0, False)
    assert len(emulator.history("a")) == 1


def test_missing_entry():
    """A PATCH of an unknown entry answers 404."""
    answer = ServerClient(Emulator()).patch("b", ARCHIVE)

    assert (answer.status_code, answer.json()["error_details"]["name"]) == (404, "NotFound")


def test_scope():
    """PATCH requires the write scope, GET of the same path does not."""
    _, server = make_server()
    server.emulator.settings = Settings(tokens={"demo-token": Token(("public-api:read",))})

    assert server.patch("a", ARCHIVE).status_code == 403
    assert server.read("a")["id"] == "a"


def test_history():
    """The history has every version of an entry, with its cause and content."""
    clock = Clock()
    emulator, server = make_server(now=clock)
    clock.moment += 60
    server.patch("a", put(value="New"), REVOKE)
    emulator.edit("a", title="Edited", media_id="m", absent=None)
    emulator.archive("a")

    history = emulator.history("a")

    assert [revision["version"] for revision in history] == [1, 2, 3, 4]
    assert [revision["cause"] for revision in history] == ["import", "patch", "edit", "archive"]
    assert [revision["metadata"]["title"] for revision in history] == [
        "Title of a", "New", "Edited", "Edited"
    ]  # fmt: skip
    assert history[1]["patches"] == [put(value="New"), REVOKE]
    assert [revision["isRevoked"] for revision in history] == [False, True, True, True]
    assert [revision["isArchived"] for revision in history] == [False, False, False, True]
    assert history[1]["updatedAt"] - history[0]["updatedAt"] == 60
    assert history[0]["asset"] == asset()
    assert emulator.entries()[0]["patched"] == 1
    assert server.read("a")["metadata"] == {"title": "Edited", "media_id": "m"}


def test_history_of_a_job():
    """An import that replaces an entry adds a version; a skipped one does not."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    for item in (video(), video(), video(fileName="Other")):
        server.submit(item)
    media_id = emulator.entries()[0]["id"]

    server.patch(media_id, put(value="New"))
    server.submit(video(fileName="Third"))

    assert [revision["cause"] for revision in emulator.history(media_id)] == [
        "import", "import", "patch", "import"
    ]  # fmt: skip
    assert [revision["fileName"] for revision in emulator.history(media_id)] == [
        "Title of v-1", "Other", "Other", "Third"
    ]  # fmt: skip
    (entry,) = emulator.entries()
    assert (entry["version"], entry["updated"], entry["patched"]) == (4, 2, 1)


def test_edit_of_unknown_entry():
    """`edit` and `archive` raise for an unknown entry; its history is empty."""
    emulator = Emulator()

    for change in (emulator.edit, emulator.archive):
        with pytest.raises(LookupError, match="unknown entry unknown"):
            change("unknown")
    assert emulator.history("unknown") == []


@pytest.mark.parametrize(
    ("action", "status", "version"),
    [("status", 503, 1), ("status_after", 503, 2), ("truncated", 200, 2), ("slow", 200, 2)],
)
def test_scripted_answer(action, status, version):
    """Faults of a PATCH occur before or after the change."""
    clock = Clock()
    emulator, server = make_server(now=clock, sleep=clock.sleep)
    emulator.script(Fault(on=PATCH, action=action, seconds=1))

    assert server.patch("a", put(value="New")).status_code == status

    assert server.read("a")["version"] == version
    assert emulator.requests[PATCH] == 1
    assert emulator.unused_faults == []


@pytest.mark.parametrize(("action", "version"), [("drop", 1), ("drop_after", 2)])
def test_broken_connection(action, version):
    """A connection breaks before or after the change; the client sees the same error."""
    emulator, server = make_server()
    emulator.script(Fault(on=PATCH, action=action))

    with pytest.raises(httpx.ReadError):
        server.patch("a", put(value="New"))

    assert server.read("a")["version"] == version
