"""Requests that are refused as a whole because of one item."""

from __future__ import annotations

import httpx
import pytest

from ld_import.emulator import Emulator, Fault
from tests.emulator.server_client import Clock, ServerClient, batch, library, library_entry, video

LIBRARY = "POST import/mediaLibrary"


def sent(emulator, kind, *names):
    """Post items with these ids, and return the status and the error details."""
    if kind == "mediaLibrary":
        body = library(*(library_entry(name, externalId=name) for name in names))
    else:
        body = batch(*(video(name, mediaType="m") for name in names), kind=kind)
    answer = ServerClient(emulator).request("POST", f"import/{kind}", json=body)
    return answer.status_code, answer.json().get("error_details")


@pytest.mark.parametrize("kind", ["videos", "images", "files", "mediaLibrary"])
def test_refused_request(kind):
    """A request with the item is refused; one without it is accepted and not counted."""
    emulator = Emulator()
    fault = Fault(on=f"POST import/{kind}", action="refuse_request", external_id="b", times=2)
    emulator.script(fault)

    answers = [sent(emulator, kind, *names) for names in ("abc", "ac", "b", "b")]

    refused = (400, {"message": "The request is not valid."})
    assert [answers[0], answers[2]] == [refused, refused]
    assert [answers[1][0], answers[3][0]] == [200, 200]
    assert emulator.unused_faults == []


@pytest.mark.parametrize(
    ("kind", "key"), [("videos", "videos"), ("mediaLibrary", "mediaLibraryEntries")]
)
def test_refused_with_path(kind, key):
    """The refusal may name the path of the item, with a reason."""
    emulator = Emulator()
    emulator.script(
        Fault(
            on=f"POST import/{kind}",
            action="refuse_request_with_path",
            external_id="b",
            nth=2,
            reason="too blue",
        )
    )

    assert sent(emulator, kind, "b")[0] == 200
    assert sent(emulator, kind, "a", "b") == (400, {f"{key}.1": "too blue"})
    assert sent(emulator, kind, "b")[0] == 200


def test_any_item_is_refused():
    """Without an `external_id`, every request with items is refused, but not an empty one."""
    emulator = Emulator()
    emulator.script(Fault(on=LIBRARY, action="refuse_request_with_path", times=9))

    assert sent(emulator, "mediaLibrary")[0] == 200
    assert sent(emulator, "mediaLibrary", "a", "b")[1] == {
        "mediaLibraryEntries.0": "is not valid",
        "mediaLibraryEntries.1": "is not valid",
    }
    assert emulator.entries() == []


def test_item_by_its_own_id():
    """An entry without an externalId is matched by its id."""
    emulator = Emulator()
    emulator.script(Fault(on=LIBRARY, action="refuse_request", external_id="a"))
    body = library(library_entry("a", externalId=None))

    assert (
        ServerClient(emulator).request("POST", "import/mediaLibrary", json=body).status_code == 400
    )


@pytest.mark.parametrize(
    ("on", "action", "words"),
    [
        (LIBRARY, "fail_job", "affects a job"),
        (LIBRARY, "fail_item", "affects a job"),
        ("PATCH mediaLibrary/{id}", "refuse_request", "requires a POST"),
        ("*", "refuse_request_with_path", "requires a POST"),
    ],
)
def test_invalid_fault(on, action, words):
    """Faults of jobs require a POST that creates a job; refusals require a POST."""
    with pytest.raises(ValueError, match=words):
        Fault(on=on, action=action)


@pytest.mark.parametrize(
    ("action", "status", "entry_count"),
    [("status", 503, 0), ("status_after", 503, 1), ("truncated", 200, 1), ("slow", 200, 1)],
)
def test_general_faults(action, status, entry_count):
    """General faults apply to a POST to the media library."""
    clock = Clock()
    emulator = Emulator(now=clock, sleep=clock.sleep)
    emulator.script(Fault(on=LIBRARY, action=action, seconds=1))

    answer = ServerClient(emulator).request(
        "POST", "import/mediaLibrary", json=library(library_entry())
    )

    assert (answer.status_code, len(emulator.entries())) == (status, entry_count)


@pytest.mark.parametrize(("action", "entry_count"), [("drop", 0), ("drop_after", 1)])
def test_broken_connection(action, entry_count):
    """A connection breaks before or after the import; a read may break as well."""
    emulator = Emulator()
    emulator.script(Fault(on=LIBRARY, action=action), Fault(on="GET mediaLibrary", action=action))
    server = ServerClient(emulator)

    with pytest.raises(httpx.ReadError):
        server.import_entries(library_entry())
    with pytest.raises(httpx.ReadError):
        server.look_up("ext-one")

    assert len(emulator.entries()) == entry_count
    assert emulator.unused_faults == []
