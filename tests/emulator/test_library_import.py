"""Results of a POST to the media library, for each entry."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, asset, library, library_entry, video
from tests.harness.projects import project_config

POST = "POST import/mediaLibrary"


def error_of(result):
    """Return the status, error and details of a result."""
    return result["status"], result["error"], result["error_details"]


def test_created():
    """The result of a new entry has its record, which equals the entry when read."""
    emulator = Emulator(now=Clock())
    server = ServerClient(emulator)
    translations = [{"locale": "fr", "metadata": {"title": "Un"}, "asset": asset()}]

    (result,) = server.import_entries(library_entry("custom-1", translations=translations))

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
    assert server.look_up("ext-custom-1") == [record]
    (entry,) = emulator.entries("mediaLibrary")
    assert (entry["created"], entry["mimeType"], entry["isArchived"]) == (1, "image/jpeg", False)


def test_minimal_entry():
    """Without id, pair and metadata, an entry gets an id and has no pair."""
    server = ServerClient(Emulator())
    bare = {"mediaType": "file", "asset": asset("file")}

    first, second = server.import_entries(bare, bare)

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
    """The key of the results changed in 2026-01, the key of the request did not."""
    server = ServerClient(Emulator())

    answer = server.request("POST", f"/api/{version}/import/mediaLibrary", json=library())

    assert answer.json() == {key: []}


def test_partial_success():
    """Entries are imported independently: a rejected entry does not affect the others."""
    emulator = Emulator()

    results = ServerClient(emulator).import_entries(
        library_entry("a"), library_entry("a", externalId="other"), library_entry("b")
    )

    assert [result["ok"] for result in results] == [True, False, True]
    assert [entry["id"] for entry in emulator.entries()] == ["a", "b"]
    assert error_of(results[1]) == (409, "UniqueIdViolation", {"message": "id is not unique: 'a'"})


@pytest.mark.parametrize("is_named", [True, False])
def test_existing_pair(is_named):
    """The rejection of an existing pair names its entry, except on older servers."""
    server = ServerClient(Emulator(Settings(conflict_names_media=is_named)))
    server.import_entries(library_entry("a", externalId="x"))

    (result,) = server.import_entries(library_entry("b", externalId="x"))

    details = {"message": "externalId is not unique: 'x'"}
    details |= {"mediaId": "a"} if is_named else {}
    assert error_of(result) == (409, "UniqueIdViolation", details)
    assert result["correlation"] == "id: b"


def test_pair_of_a_job():
    """Pair and id of an entry imported by a job are in use like those of any other entry."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.submit(video("v-1"))
    media_id = emulator.entries()[0]["id"]

    results = server.import_entries(library_entry("a", externalId="v-1"), library_entry(media_id))

    assert [result["status"] for result in results] == [409, 409]
    assert results[0]["error_details"]["mediaId"] == media_id


def test_same_id_of_another_system():
    """Both names together make a pair; a system without an id does not."""
    server = ServerClient(Emulator())

    results = server.import_entries(
        library_entry("a", externalId="x"),
        library_entry("b", externalId="x", systemName="other"),
        library_entry("c", externalId=None),
        library_entry("d", externalId=None),
    )

    assert [result["ok"] for result in results] == [True] * 4


@pytest.mark.parametrize("system_name", [None, ""])
def test_external_id_without_system(system_name):
    """An externalId requires a systemName."""
    (result,) = ServerClient(Emulator()).import_entries(library_entry(systemName=system_name))

    message = "An asset with an externalId also requires a systemName"
    assert error_of(result) == (400, "ValidationError", {"message": message})


def test_correlation():
    """A rejected entry is identified by its id, else its externalId, else its index."""
    server = ServerClient(Emulator(Settings(project_config=project_config(credit="li-text"))))

    results = server.import_entries(
        library_entry("a"),
        library_entry(id=None),
        library_entry(id=None, externalId=None),
    )

    correlations = [result["correlation"] for result in results]
    assert correlations == ["id: a", "externalId: ext-one", "index: 2"]


def test_archived_pair():
    """An archived entry keeps its id and its pair, and the message says that it is archived."""
    emulator = Emulator()
    server = ServerClient(emulator)
    server.import_entries(library_entry("a"))
    emulator.archive("a")

    results = server.import_entries(
        library_entry("a", externalId="x"), library_entry("b", externalId="ext-a")
    )

    assert [result["error_details"]["message"] for result in results] == [
        "id is not unique: 'a'",
        'Media with externalId "ext-a" from system "old-dam" has been archived.',
    ]
    assert results[1]["error_details"]["mediaId"] == "a"


def test_archived_pair_in_a_job():
    """The pair of an archived entry fails the item of a job, too."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.import_entries(library_entry("a", "video", externalId="v-1"))
    emulator.archive("a")

    (item,) = server.status(server.submit(video("v-1")))["videos"]

    assert (item["state"], item["reason"]) == (
        "failed",
        'Media with externalId "v-1" from system "old-dam" has been archived.',
    )


@pytest.mark.parametrize("repeat", ["update", "skip"])
def test_job_with_registered_entry(repeat):
    """A job updates registered entries of its own media type, and fails for those of another."""
    emulator = Emulator(Settings(job_polls=0, repeat=repeat))
    server = ServerClient(emulator)
    server.import_entries(
        library_entry("a", "video", externalId="v-1"), library_entry("b", externalId="v-2")
    )

    items = server.status(server.submit(video("v-1"), video("v-2")))["videos"]

    assert [result["state"] for result in items] == [
        "success" if repeat == "update" else "skipped",
        "failed",
    ]
    assert items[0]["video"]["mediaId"] == "a"
    assert server.read("b")["version"] == 1


def test_hidden_archive():
    """Archived entries may be hidden from answers; their pairs remain in use."""
    emulator = Emulator(Settings(show_archived=False))
    server = ServerClient(emulator)
    server.import_entries(library_entry("a"))
    emulator.archive("a")

    assert server.look_up("ext-a") == []
    assert server.request("GET", "mediaLibrary/a").status_code == 404
    assert not server.import_entries(library_entry("a"))[0]["ok"]


def test_empty_record():
    """The record may be empty, as in the vendor's documentation."""
    (result,) = ServerClient(Emulator(Settings(record_empty=True))).import_entries(library_entry())

    assert result == {"ok": True, "status": 200, "id": "one", "record": {}}


def test_shuffled():
    """Results may be shuffled, in a stable order for the same request."""
    entries = [library_entry(f"n-{n}") for n in range(20)]
    first, second = (
        [
            result["id"]
            for result in ServerClient(Emulator(Settings(order="shuffled"))).import_entries(
                *entries
            )
        ]
        for _ in range(2)
    )

    assert first == second != [entry["id"] for entry in entries]
    assert sorted(first) == sorted(entry["id"] for entry in entries)


def test_missing_and_surplus_results():
    """Results may be missing, repeated, or name entries that were not sent."""
    emulator = Emulator()
    emulator.script(
        Fault(on=POST, action="surplus_items"), Fault(on=POST, action="missing_items", count=2)
    )

    results = ServerClient(emulator).import_entries(
        library_entry("a"), library_entry("b"), library_entry("c")
    )

    correlations = [result.get("id") or result["correlation"] for result in results]
    assert correlations == ["a", "externalId: never-sent-1", "a"]
    assert len(emulator.entries()) == 3
    assert emulator.unused_faults == []


def test_no_quota():
    """The quota counts only asynchronous imports."""
    server = ServerClient(Emulator(Settings(quota=0)))

    assert server.import_entries(library_entry())[0]["ok"]


def test_last_body_is_kept():
    """`bodies` holds the bytes of the last accepted request."""
    emulator = Emulator()
    server = ServerClient(emulator)

    accepted = server.request("POST", "import/mediaLibrary", json=library(library_entry()))
    server.request("POST", "import/mediaLibrary", json={})

    assert emulator.bodies == {"mediaLibrary": accepted.request.content}
    assert emulator.requests == {POST: 2}


def test_many_entries():
    """A large request is one transaction that imports every entry."""
    emulator = Emulator(Settings(body_limit=10_000_000))

    results = ServerClient(emulator).import_entries(*(library_entry(f"n-{n}") for n in range(2000)))

    assert all(result["ok"] for result in results)
    assert len(emulator.entries("mediaLibrary")) == 2000
