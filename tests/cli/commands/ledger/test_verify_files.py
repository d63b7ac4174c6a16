"""`ledger verify --files`: a stored file that is gone is found, a private one is not a finding."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from time import monotonic

import pytest

from tests.harness.records import image
from tests.url_checks.host import JPEG, MP4, file_of, serving, status

SERVED = "GET mediaLibrary/serve-image/{key}"
ROUTES = {
    "/1.jpg": file_of(JPEG, "image/jpeg"),
    "/2.jpg": status(404),
    "/3.jpg": status(404),
    "/4.jpg": status(403),
    "/5.jpg": status(403),
    "/6.mp4": status(403),
    "/7.mp4": file_of(MP4, "video/mp4"),
    "/8.mp4": status(404),
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Do not wait between requests to the host."""
    monkeypatch.setattr("ld_import.url_checks.gates.PAUSE_SECONDS", 0.0)


@pytest.fixture
def stored(place):
    """Return a directory whose ledger has images and videos with files on a host of their own."""
    with serving(dict(ROUTES)) as host:
        place.write(*(entry(path, host.url) for path in ROUTES), list_key="mediaLibraryEntries")
        place.summary(command="media-library")
        place.ids = {row["externalId"]: row["mediaId"] for row in place.rows().values()}
        place.host = host
        yield place


def entry(path, url):
    """Return an entry whose asset is at this path of the host."""
    number = int(path[1])
    made = image(number)
    asset = {**made["asset"], "url": f"{url}{path}"}
    if path.endswith(".mp4"):
        asset |= {"mimeType": "video/mp4", "duration": 1.5, "filename": "a.mp4"}
        made["mediaType"] = "video"
    return {**made, "asset": asset}


def verified(place, code):
    ended = place.run("ledger", "verify", "--files", "--json")
    assert ended.code == code, ended
    return ended.document


def test_files_are_asked_for_by_url_then_by_the_server(stored):
    """A good URL is enough; otherwise the server decides about images, the host about others."""
    for name in ("v3", "v5"):
        stored.emulator.lose_file(stored.ids[name])

    document = verified(stored, 3)

    found = {one["externalId"]: one["text"] for one in document["found"]}
    assert set(found) == {"v3", "v5", "v8"}
    assert "No image found." in found["v3"]
    assert "404" in found["v8"]
    assert document["mismatches"]["file"] == 3
    # The video that is not public.
    assert (document["files"], document["filesNotChecked"]) == (7, 1)
    assert stored.emulator.requests[SERVED] == 4
    assert "none differs, 3 stored files cannot be read" in document["sentence"]


def test_server_without_images_leaves_the_host_to_decide(stored):
    """A server that serves no images says nothing about them."""
    stored.emulator.settings = replace(stored.emulator.settings, serves_images=False)

    document = verified(stored, 3)

    assert sorted(one["externalId"] for one in document["found"]) == ["v2", "v3", "v8"]
    assert document["filesNotChecked"] == 3


def test_ctrl_c_does_not_wait_for_a_slow_host(stored, monkeypatch):
    """A request to a host that does not answer is cancelled; the next call asks again."""
    stopped = threading.Event()

    def hang(visit):
        os.kill(os.getpid(), signal.SIGINT)
        stopped.wait(30)

    stored.host.routes["/1.jpg"] = hang
    began = monotonic()

    interrupted = stored.run("ledger", "verify", "--files")
    stopped.set()
    stored.host.routes["/1.jpg"] = ROUTES["/1.jpg"]

    assert interrupted.code == 130
    assert monotonic() - began < 10
    assert verified(stored, 3)["files"] == 7


def test_without_the_flag_no_host_is_asked(stored):
    """The files of other hosts are asked for only with --files."""
    ended = stored.run("ledger", "verify")

    assert ended.code == 0
    assert SERVED not in stored.emulator.requests
