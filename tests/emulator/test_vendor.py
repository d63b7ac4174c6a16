"""The emulator says what the vendor documents: same keys, same types, same words."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ld_import.emulator import Emulator, Fault, Settings, Token

from .talk import Talk, video

EXAMPLES = Path(__file__).parent.parent / "vendor-examples"
SYSTEM = "identifier-for-your-system"


def example(name):
    """Return one documented exchange."""
    return orjson.loads((EXAMPLES / f"{name}.json").read_bytes())


def shape(value):
    """Return the structure of a JSON value: its keys and types, not its contents."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value)


def send(emulator, request):
    """Send a documented request."""
    return Talk(emulator).ask(
        request["method"],
        request["path"],
        params=request.get("query"),
        json=request.get("body"),
    )


@pytest.mark.parametrize("kind", ["videos", "images", "files"])
def test_documented_request_is_accepted(kind):
    """The vendor's own request makes a job."""
    documented = example(f"{kind}-import")

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
    """A refused token is answered word for word."""
    documented = example(name)

    answer = send(Emulator(settings), documented["request"])

    assert (answer.status_code, answer.json()) == (documented["status"], documented["body"])


@pytest.mark.parametrize("is_array", [False, True])
def test_documented_quota(is_array):
    """The refusal for the quota is answered word for word, in the form of either age."""
    documented = example("videos-import-429-array" if is_array else "videos-import-429")
    emulator = Emulator(Settings(quota=100, quota_as_array=is_array))
    talk = Talk(emulator)
    talk.submit(*(video(f"v-{n}") for n in range(99)))

    answer = talk.ask(
        "POST", "import/videos", json={"systemName": SYSTEM, "videos": [video()] * 10}
    )

    assert (answer.status_code, answer.json()) == (429, documented["body"])


def finished(kind, vocabulary="imported"):
    """Return the end of a job with a new, a repeated and a failing item, as documented."""
    emulator = Emulator(Settings(job_polls=0, vocabulary=vocabulary))
    talk = Talk(emulator)
    items = [video(f"external-unique-id-{n}", mediaType=kind[:-1]) for n in (123, 234, 345)]
    talk.submit(items[1], kind=kind, systemName=SYSTEM)
    emulator.script(
        Fault(on=f"POST import/{kind}", action="fail_item", external_id="external-unique-id-345")
    )
    return talk.status(talk.submit(*items, kind=kind, systemName=SYSTEM), kind)


def told(body, kind):
    """Return all the words of a result, without ids and references."""
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
    """A finished job tells its items in the documented words and with the documented members."""
    documented = example(name)["body"]

    body = finished(kind, vocabulary)

    assert shape(body) == shape(documented)
    assert told(body, kind) == told(documented, kind)


def test_documented_progress():
    """A running job, a failed job and a lost job look as documented."""
    emulator = Emulator()
    emulator.script(Fault(on="POST import/videos", action="fail_job", nth=2))
    talk = Talk(emulator)
    running, failed = talk.submit(video("a")), talk.submit(video("b"))
    lost = example("videos-status-lost")

    assert shape(talk.status(running)) == shape(example("videos-status-started")["body"])
    assert talk.finish(failed) == example("videos-status-failed")["body"] | {"id": failed}
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
    """A list of entries stands under the key of its version, its entries have what is shown."""
    documented = example(name)
    emulator = Emulator(Settings(job_polls=0))
    talk = Talk(emulator)
    talk.submit(video("ex-1"), video("ex-2"), systemName="externalSystem")
    query = documented["request"]["query"]
    if "ids" in query:
        query = {"ids": ",".join(entry["id"] for entry in emulator.entries())}

    answer = send(emulator, documented["request"] | {"query": query})

    body = answer.json()
    assert body.keys() == documented["body"].keys() == {key}
    assert len(body[key]) == len(documented["body"][key])
    _check_entry(body[key][0], documented["body"][key][0])


def test_documented_entry():
    """One entry comes bare; a missing one is refused word for word."""
    emulator = Emulator(Settings(job_polls=0))
    talk = Talk(emulator)
    talk.submit(video())
    missing = example("library-entry-404")

    found = talk.ask("GET", f"mediaLibrary/{emulator.entries()[0]['id']}").json()

    _check_entry(found, example("library-entry")["body"])
    assert send(emulator, missing["request"]).json() == missing["body"]


def _check_entry(entry, documented):
    # Measures need the file itself, which the emulator does not look into.
    unknown = {"width", "height", "size"}
    assert shape(documented["createdAt"]) is str
    for key, value in documented.items():
        if key in ("asset", "metadata"):
            assert isinstance(entry[key], dict)
        else:
            assert shape(entry[key]) == shape(value)
    assert documented["asset"].keys() - unknown <= entry["asset"].keys()
