"""The server's clock: `Date` headers, times of entries, and clock skew."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime

import httpx
import pytest

from ld_import.emulator import Emulator, Fault, Settings
from ld_import.emulator.serve import serving
from tests.emulator.server_client import MORNING, Clock, ServerClient, video

AT_ONCE = Settings(job_polls=0)
LOOK_UP = {"externalId": "v-1", "systemName": "old-dam"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/2026-05/health", 200),
        ("GET", "/api/2019-01/health", 410),
        ("GET", "/nowhere", 404),
        ("POST", "/api/2026-05/import/videos", 415),
        ("GET", "/api/2026-05/projectConfig", 503),
    ],
)
def test_date_of_every_answer(method, path, status):
    """Every answer has exactly one `Date`, including errors and scripted answers."""
    emulator = Emulator(now=Clock())
    emulator.script(Fault(on="GET projectConfig", action="status", status=503))

    answer = ServerClient(emulator).request(method, path)

    assert answer.status_code == status
    assert answer.headers.get_list("date") == ["Mon, 21 Sep 2026 14:13:20 GMT"]


def test_scripted_date():
    """A scripted answer may set its own date."""
    emulator = Emulator()
    wrong = {"Date": "yesterday"}
    emulator.script(Fault(on="GET health", action="status", status=200, headers=wrong))

    assert ServerClient(emulator).request("GET", "health").headers.get_list("date") == ["yesterday"]


def test_one_date_over_a_socket():
    """A served emulator sends its own date and no second `Date` header."""
    with (
        serving(Emulator(now=Clock())) as base_url,
        httpx.Client(base_url=base_url, trust_env=False) as client,
    ):
        dates = client.get("/api/2026-05/health").headers.get_list("date")

    assert dates == ["Mon, 21 Sep 2026 14:13:20 GMT"]


@pytest.mark.parametrize("skew", [-90.0, 90.0, 864_000.0])
def test_clock_skew(skew):
    """Clock skew affects `Date` and the times of entries, and may be changed."""
    clock = Clock()
    emulator = Emulator(replace(AT_ONCE, clock_skew=skew), now=clock)
    server = ServerClient(emulator)
    server.submit(video())

    answer = server.request("GET", "mediaLibrary", params=LOOK_UP)

    assert parsedate_to_datetime(answer.headers["date"]).timestamp() == MORNING + skew
    assert emulator.entries()[0]["createdAt"] == MORNING + skew
    emulator.settings = AT_ONCE
    date = server.request("GET", "health").headers["date"]
    assert parsedate_to_datetime(date).timestamp() == MORNING


def test_updated_at_of_repeats():
    """New content changes `updatedAt`, a skipped repeat does not; `createdAt` never changes."""
    clock = Clock()
    emulator = Emulator(AT_ONCE, now=clock)
    server = ServerClient(emulator)

    def times_after(**change):
        clock.moment += 60.25
        server.submit(video(**change))
        (entry,) = server.look_up("v-1")
        return entry["createdAt"], entry["updatedAt"]

    created_at = "2026-09-21T14:14:20.250Z"
    assert times_after() == (created_at, created_at)
    assert times_after() == (created_at, created_at)
    assert times_after(fileName="New") == (created_at, "2026-09-21T14:16:20.750Z")
    emulator.settings = replace(AT_ONCE, repeat="skip")
    assert times_after(fileName="Newer") == (created_at, "2026-09-21T14:16:20.750Z")
