"""What a POST to the media library makes of its entries, each by itself."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, asset, library, registered, video

POST = "POST import/mediaLibrary"


def told(result):
    """Return the error of a result and its words."""
    return result["status"], result["error"], result["error_details"]


def test_created():
    """A new entry is told with its record, which is what reading gives."""
    emulator = Emulator(now=Clock())
    server = ServerClient(emulator)
    translations = [{"locale": "fr", "metadata": {"title": "Un"}, "asset": asset()}]

    (result,) = server.take(registered("custom-1", translations=translations))

    record = {
        "id": "custom-1",
        "version": 1,
        "systemName": "old-dam",
        "externalId": "ext-custom-1",
        "mediaType": "image",
        "asset": asset(),
        "metadata": {"title": "Title of custom-1"},
        "translations": translations,
        "createdAt": "2026-09-21T14:13:20.000Z",
        "updatedAt": "2026-09-21T14:13:20.000Z",
    }
    assert result == {"ok": True, "status": 200, "id": "custom-1", "record": record}
    assert server.read("custom-1") == record
    assert server.found("ext-custom-1") == [record]
    (entry,) = emulator.entries("mediaLibrary")
    assert (entry["created"], entry["mimeType"], entry["isArchived"]) == (1, "image/jpeg", False)


def test_shortest_entry():
    """Without id, pair and metadata an entry gets an id and shows no pair."""
    server = ServerClient(Emulator())
    bare = {"mediaType": "file", "asset": asset("file")}

    first, second = server.take(bare, bare)

    assert first["id"] != second["id"]
    assert first["record"].keys() & {"systemName", "externalId"} == set()
    assert (first["record"]["metadata"], first["record"]["translations"]) == ({}, [])


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("v1", "mediaLibraryEntries"),
        ("beta", "mediaLibraryEntries"),
        ("2025-11", "mediaLibraryEntries"),
        ("2026-01", "results"),
        ("2026-05", "results"),
    ],
)
def test_result_key(version, key):
    """The key of the results changed with 2026-01, that of the request never did."""
    server = ServerClient(Emulator())

    answer = server.ask("POST", f"/api/{version}/import/mediaLibrary", json=library())

    assert answer.json() == {key: []}


def test_partial_success():
    """Entries are handled one by one: one that fails does not keep the others out."""
    emulator = Emulator()

    results = ServerClient(emulator).take(
        registered("a"), registered("a", externalId="other"), registered("b")
    )

    assert [each["ok"] for each in results] == [True, False, True]
    assert [entry["id"] for entry in emulator.entries()] == ["a", "b"]
    assert told(results[1]) == (409, "UniqueIdViolation", {"message": "id is not unique: 'a'"})


@pytest.mark.parametrize("is_named", [True, False])
def test_pair_taken(is_named):
    """A taken pair is told with the entry that has it, or without on older servers."""
    server = ServerClient(Emulator(Settings(conflict_names_media=is_named)))
    server.take(registered("a", externalId="x"))

    (result,) = server.take(registered("b", externalId="x"))

    details = {"message": "externalId is not unique: 'x'"}
    details |= {"mediaId": "a"} if is_named else {}
    assert told(result) == (409, "UniqueIdViolation", details)
    assert result["correlation"] == "id: b"


def test_pair_of_a_job():
    """An entry that came by a job has its pair and its id like any other."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.submit(video("v-1"))
    media_id = emulator.entries()[0]["id"]

    results = server.take(registered("a", externalId="v-1"), registered(media_id))

    assert [each["status"] for each in results] == [409, 409]
    assert results[0]["error_details"]["mediaId"] == media_id


def test_same_id_of_another_system():
    """A pair is both its names; a system without an id is no pair at all."""
    server = ServerClient(Emulator())

    results = server.take(
        registered("a", externalId="x"),
        registered("b", externalId="x", systemName="other"),
        registered("c", externalId=None),
        registered("d", externalId=None),
    )

    assert [each["ok"] for each in results] == [True] * 4


@pytest.mark.parametrize("system_name", [None, ""])
def test_external_id_without_system(system_name):
    """An externalId says nothing without the system it comes from."""
    (result,) = ServerClient(Emulator()).take(registered(systemName=system_name))

    message = "An asset with an externalId also requires a systemName"
    assert told(result) == (400, "ValidationError", {"message": message})


def test_correlation():
    """A refused entry is named by its id, else by its externalId, else by its place."""
    server = ServerClient(Emulator(Settings(metadata_types={"credit": "string"})))

    results = server.take(
        registered("a"),
        registered(id=None),
        registered(id=None, externalId=None),
    )

    named = [each["correlation"] for each in results]
    assert named == ["id: a", "externalId: ext-one", "index: 2"]


def test_archived_pair():
    """An archived entry keeps its id and its pair, and says so."""
    emulator = Emulator()
    server = ServerClient(emulator)
    server.take(registered("a"))
    emulator.archive("a")

    results = server.take(registered("a", externalId="x"), registered("b", externalId="ext-a"))

    assert [each["error_details"]["message"] for each in results] == [
        "id is not unique: 'a'",
        'Media with externalId "ext-a" from system "old-dam" has been archived.',
    ]
    assert results[1]["error_details"]["mediaId"] == "a"


def test_archived_pair_in_a_job():
    """A job cannot take an archived pair either: its item fails."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.take(registered("a", "video", externalId="v-1"))
    emulator.archive("a")

    (item,) = server.status(server.submit(video("v-1")))["videos"]

    assert (item["state"], item["reason"]) == (
        "failed",
        'Media with externalId "v-1" from system "old-dam" has been archived.',
    )


@pytest.mark.parametrize("repeat", ["update", "skip"])
def test_job_meets_an_entry(repeat):
    """A job treats a registered entry of its sort as its own, and spares those of another sort."""
    emulator = Emulator(Settings(job_polls=0, repeat=repeat))
    server = ServerClient(emulator)
    server.take(registered("a", "video", externalId="v-1"), registered("b", externalId="v-2"))

    items = server.status(server.submit(video("v-1"), video("v-2")))["videos"]

    assert [each["state"] for each in items] == [
        "success" if repeat == "update" else "skipped",
        "failed",
    ]
    assert items[0]["video"]["mediaId"] == "a"
    assert server.read("b")["version"] == 1


def test_hidden_archive():
    """Archived entries may be kept out of every answer; their pairs stay taken."""
    emulator = Emulator(Settings(show_archived=False))
    server = ServerClient(emulator)
    server.take(registered("a"))
    emulator.archive("a")

    assert server.found("ext-a") == []
    assert server.ask("GET", "mediaLibrary/a").status_code == 404
    assert not server.take(registered("a"))[0]["ok"]


def test_empty_record():
    """The record may be left empty, as the vendor's pages show it."""
    (result,) = ServerClient(Emulator(Settings(record_empty=True))).take(registered())

    assert result == {"ok": True, "status": 200, "id": "one", "record": {}}


def test_shuffled():
    """Results may come in any order, the same for the same request."""
    entries = [registered(f"n-{n}") for n in range(20)]
    first, second = (
        [each["id"] for each in ServerClient(Emulator(Settings(order="shuffled"))).take(*entries)]
        for _ in range(2)
    )

    assert first == second != [entry["id"] for entry in entries]
    assert sorted(first) == sorted(entry["id"] for entry in entries)


def test_missing_and_surplus_results():
    """Results may be missing, and name entries nobody sent or entries twice."""
    emulator = Emulator()
    emulator.script(
        Fault(on=POST, action="surplus_items"), Fault(on=POST, action="missing_items", count=2)
    )

    results = ServerClient(emulator).take(registered("a"), registered("b"), registered("c"))

    named = [each.get("id") or each["correlation"] for each in results]
    assert named == ["a", "externalId: never-sent-1", "a"]
    assert len(emulator.entries()) == 3
    assert emulator.unused_faults == []


def test_no_quota():
    """The quota counts what the server downloads; registering is free."""
    server = ServerClient(Emulator(Settings(quota=0)))

    assert server.take(registered())[0]["ok"]


def test_last_body_is_kept():
    """The bytes of the last accepted request can be looked at."""
    emulator = Emulator()
    server = ServerClient(emulator)

    accepted = server.ask("POST", "import/mediaLibrary", json=library(registered()))
    server.ask("POST", "import/mediaLibrary", json={})

    assert emulator.bodies == {"mediaLibrary": accepted.request.content}
    assert emulator.requests == {POST: 2}


def test_many_entries():
    """A large request is one transaction, and none of its entries is lost."""
    emulator = Emulator(Settings(body_limit=10_000_000))

    results = ServerClient(emulator).take(*(registered(f"n-{n}") for n in range(2000)))

    assert all(each["ok"] for each in results)
    assert len(emulator.entries("mediaLibrary")) == 2000
