"""The emulator agrees with the vendor's examples: keys, types and messages."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ld_import.emulator import Emulator, Fault, Settings, Token
from tests.emulator.server_client import ServerClient, library_entry, video
from tests.harness.projects import project_config

EXAMPLES = Path(__file__).parent.parent / "vendor-examples"
SYSTEM = "identifier-for-your-system"


def example(name):
    """Return a documented request or answer."""
    return orjson.loads((EXAMPLES / f"{name}.json").read_bytes())


def shape(value):
    """Return the structure of a JSON value: its keys and types, not its contents."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value)


def send(emulator, request):
    """Send a documented request."""
    return ServerClient(emulator).request(
        request["method"],
        request["path"],
        params=request.get("query"),
        json=request.get("body"),
    )


@pytest.mark.parametrize(
    "name", ["videos-import", "images-import", "images-import-v1", "files-import"]
)
def test_documented_request_is_accepted(name):
    """The vendor's example request creates a job."""
    documented = example(name)

    answer = send(Emulator(), documented["request"])

    assert answer.status_code == documented["status"]
    assert shape(answer.json()) == shape(documented["body"])
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("videos-import-401", Settings(tokens={"demo-token": Token(expires_at=0)})),
        ("videos-import-403", Settings(tokens={"demo-token": Token(("public-api:read",))})),
    ],
)
def test_documented_refusal(name, settings):
    """A refused token has the documented answer."""
    documented = example(name)

    answer = send(Emulator(settings), documented["request"])

    assert (answer.status_code, answer.json()) == (documented["status"], documented["body"])


@pytest.mark.parametrize("is_array", [False, True])
def test_documented_quota(is_array):
    """The refusal for the quota has the documented answer, in the old and the new format."""
    documented = example("videos-import-429-array" if is_array else "videos-import-429")
    emulator = Emulator(Settings(quota=100, quota_as_array=is_array))
    server = ServerClient(emulator)
    server.submit(*(video(f"v-{n}") for n in range(99)))

    answer = server.request(
        "POST", "import/videos", json={"systemName": SYSTEM, "videos": [video()] * 10}
    )

    assert (answer.status_code, answer.json()) == (429, documented["body"])


def finished(kind, vocabulary="imported"):
    """Return the answer for a finished job with a new, a repeated and a failing item."""
    emulator = Emulator(Settings(job_polls=0, vocabulary=vocabulary))
    server = ServerClient(emulator)
    items = [video(f"external-unique-id-{n}", mediaType=kind[:-1]) for n in (123, 234, 345)]
    server.submit(items[1], kind=kind, systemName=SYSTEM)
    emulator.script(
        Fault(on=f"POST import/{kind}", action="fail_item", external_id="external-unique-id-345")
    )
    return server.status(server.submit(*items, kind=kind, systemName=SYSTEM), kind)


def texts_of(body, kind):
    """Return the text members of the results, without ids and references."""
    words = ("state", "reason", "systemName", "externalId")
    return [{key: item[key] for key in words if key in item} for item in body[kind]]


@pytest.mark.parametrize(
    ("name", "kind", "vocabulary"),
    [
        ("videos-status-imported", "videos", "imported"),
        ("videos-status-success", "videos", "success"),
        ("images-status-imported", "images", "imported"),
        ("files-status-imported", "files", "imported"),
    ],
)
def test_documented_results(name, kind, vocabulary):
    """The results of a finished job have the documented states and members."""
    documented = example(name)["body"]

    body = finished(kind, vocabulary)

    assert shape(body) == shape(documented)
    assert texts_of(body, kind) == texts_of(documented, kind)


def test_documented_progress():
    """Running, failed and lost jobs have the documented answers."""
    emulator = Emulator()
    emulator.script(Fault(on="POST import/videos", action="fail_job", nth=2))
    server = ServerClient(emulator)
    running, failed = server.submit(video("a")), server.submit(video("b"))
    lost = example("videos-status-lost")

    assert shape(server.status(running)) == shape(example("videos-status-started")["body"])
    assert server.finish(failed) == example("videos-status-failed")["body"] | {"id": failed}
    assert send(emulator, lost["request"]).json() == lost["body"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("library-pair-2026-05", "results"),
        ("library-ids-2026-05", "results"),
        ("library-ids-2025-03", "mediaLibraryEntries"),
    ],
)
def test_documented_list(name, key):
    """A list of entries has the key of its version and the documented members."""
    documented = example(name)
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.submit(video("ex-1"), video("ex-2"), systemName="externalSystem")
    query = documented["request"]["query"]
    if "ids" in query:
        query = {"ids": ",".join(entry["id"] for entry in emulator.entries())}

    answer = send(emulator, documented["request"] | {"query": query})

    body = answer.json()
    assert body.keys() == documented["body"].keys() == {key}
    assert len(body[key]) == len(documented["body"][key])
    _check_entry(body[key][0], documented["body"][key][0])


def test_documented_entry():
    """A single entry is the body itself; a missing one has the documented answer."""
    emulator = Emulator(Settings(job_polls=0))
    server = ServerClient(emulator)
    server.submit(video())
    missing = example("library-entry-404")

    entry = server.request("GET", f"mediaLibrary/{emulator.entries()[0]['id']}").json()

    _check_entry(entry, example("library-entry")["body"])
    assert send(emulator, missing["request"]).json() == missing["body"]


@pytest.mark.parametrize("name", ["library-import", "library-import-2025-03"])
def test_documented_entries_are_created(name):
    """The vendor's example entries are library_entry, with the documented results."""
    documented = example(name)

    answer = send(Emulator(Settings(record_empty=True)), documented["request"])

    (key,) = documented["body"]
    assert (answer.status_code, answer.json().keys()) == (200, {key})
    assert answer.json()[key][:1] == documented["body"][key]
    assert [result["id"] for result in answer.json()[key]] == ["custom-1", "custom-2", "custom-3"]


def errors(version, **settings):
    """Register four entries that are rejected as documented, and return the answer."""
    emulator = Emulator(
        Settings(
            project_config=project_config(title="li-text"), conflict_names_media=False, **settings
        )
    )
    server = ServerClient(emulator)
    server.import_entries(library_entry("custom-1", externalId="external-1"))
    entries = [
        library_entry("custom-1"),
        library_entry("custom-2", externalId="external-1"),
        library_entry("custom-3", systemName=None),
        library_entry("custom-4", metadata={"title": 7}),
    ]
    path = f"/api/{version}/import/mediaLibrary"
    return server.request("POST", path, json={"mediaLibraryEntries": entries}).json()


def test_documented_entry_errors():
    """Rejected entries have the documented results, in the old and the new format."""
    assert errors("2026-05") == example("library-import-errors")["body"]
    assert errors("2025-03") == example("library-import-errors-2025-03")["body"]

    former = errors("2025-03", old_metadata_errors=True)["mediaLibraryEntries"][-1:]
    assert former == example("library-import-metadata-2024")["body"]["mediaLibraryEntries"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("library-patch", 1),
        ("library-patch-400", 1),
        ("library-patch-404", 1),
        ("library-patch-409", 36),
    ],
)
def test_documented_patch(name, version):
    """A PATCH has the documented answer, accepted or refused."""
    documented = example(name)
    emulator = Emulator()
    ServerClient(emulator).import_entries(library_entry("asze63i9"))
    for n in range(version - 1):
        emulator.edit("asze63i9", title=f"Title {n}")

    answer = send(emulator, documented["request"])

    assert (answer.status_code, answer.json()) == (documented["status"], documented["body"])


@pytest.mark.parametrize(
    ("name", "media_ids"),
    [
        ("library-entry", ["asze63i9"]),
        ("library-ids-2025-03", ["asze63i9", "2er11b3i"]),
        ("library-ids-2026-05", ["asze63i9", "2er11b3i"]),
        ("library-pair-2026-05", ["a77ei8nm"]),
    ],
)
def test_documented_reading_of_registered_entries(name, media_ids):
    """A registered entry has every documented member, including width and height."""
    documented = example(name)
    emulator = Emulator()
    entries = [
        library_entry(media_id, systemName="externalSystem", externalId=f"ex-{index}")
        for index, media_id in enumerate(media_ids, 1)
    ]
    ServerClient(emulator).import_entries(*entries)

    shown = send(emulator, documented["request"]).json()

    for entry, wanted in zip(_entries_in(shown), _entries_in(documented["body"]), strict=True):
        assert entry["id"] == wanted["id"]
        assert shape(wanted).items() <= {**shape(entry), "asset": shape(wanted["asset"])}.items()
        assert shape(wanted["asset"]).items() <= shape(entry["asset"]).items()


def _entries_in(body):
    return [body] if "id" in body else next(iter(body.values()))


def _check_entry(entry, documented):
    # Width and height require reading the file, which the emulator does not do.
    unknown = {"width", "height", "size"}
    assert shape(documented["createdAt"]) is str
    for key, value in documented.items():
        if key in ("asset", "metadata"):
            assert isinstance(entry[key], dict)
        else:
            assert shape(entry[key]) == shape(value)
    assert documented["asset"].keys() - unknown <= entry["asset"].keys()
