"""The client: requests as sent, request rate, and look-ups."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import httpx
import pytest

from ld_import.emulator import Fault, Token
from ld_import.errors import ApiError, RequestRefused, ServerUnavailable, Unauthorized
from tests.api.scripted import VIDEOS, Script, body, find, status, submit
from tests.conftest import TOKEN

POST = "POST import/videos"
LOOKUP = "GET mediaLibrary"
OK = {"json": {"id": "25bzj8j"}}
EMPTY: dict[str, Any] = {"json": {"results": []}}


def test_post_request(clock):
    """An import is a POST of the given bytes with the connection's headers."""
    script = Script(OK)
    headers = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "ld-import/1"}
    submit(script.client(clock, headers=headers, run_id="run-7"))
    request = script.requests[0]

    assert (request.method, str(request.url)) == (
        "POST",
        "https://server.example/api/2026-05/import/videos",
    )
    assert request.content == body()
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["User-Agent"] == "ld-import/1"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.headers["X-Request-Id"] == "run-7-1"


def test_get_request(clock):
    """A GET has neither a body nor a Content-Type."""
    script = Script({"json": {"finished": True}})
    status(script.client(clock), "25bzj8j")
    request = script.requests[0]

    assert request.method == "GET"
    assert request.url.raw_path == b"/api/2026-05/import/videos/status?id=25bzj8j"
    assert request.content == b""
    assert "Content-Type" not in request.headers


def test_requests_are_freed_without_garbage_collection(clock):
    """Requests and their bodies are in no cycle, which would keep megabytes until a collection."""
    script = Script(OK)
    client = script.client(clock)
    gc.disable()
    try:
        submit(client)
        status(client, "25bzj8j")
        requests = [weakref.ref(request) for request in script.requests]
        script.requests.clear()
        assert [request() for request in requests] == [None, None]
    finally:
        gc.enable()


def test_every_request_has_its_own_number(clock):
    """Requests are numbered per client, including retries."""
    script = Script(OK, {"status_code": 503}, {"status_code": 503}, EMPTY)
    client = script.client(clock, run_id="r")
    submit(client)
    find(client)
    status(client)

    numbers = [request.headers["X-Request-Id"] for request in script.requests]
    assert numbers == ["r-1", "r-2", "r-3", "r-4", "r-5"]


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("v1", b"/api/v1/import/videos"),
        ("2025-03", b"/api/2025-03/import/videos"),
        ("../admin?x", b"/api/..%2Fadmin%3Fx/import/videos"),
    ],
)
def test_version_is_one_segment(clock, version, path):
    """The version is one segment of the path, with special characters encoded."""
    script = Script(OK)
    submit(script.client(clock, api_version=version))

    assert script.requests[0].url.raw_path == path


def test_server_below_a_path(clock):
    """The path of the base URL is kept, in requests and in messages."""
    script = Script(OK, httpx.UnsupportedProtocol("no"))
    client = script.client(clock, base_url="https://proxy.example/cms/")
    submit(client)
    message = "GET https://proxy.example/cms/api/2026-05/import/videos/status: no"

    assert str(script.requests[0].url) == "https://proxy.example/cms/api/2026-05/import/videos"
    with pytest.raises(ServerUnavailable, match=message):
        status(client)


@pytest.mark.parametrize("version", ["v1", "2025-03", "2025-11", "2026-01", "2026-05"])
def test_pair_is_found_in_every_version(make_client, emulator, clock, version):
    """A pair is found under both names of the list of entries."""
    client = make_client(emulator, api_version=version)
    job_id = submit(client)["id"]
    status(client, job_id)
    status(client, job_id)

    entry = find(client)
    assert entry is not None
    assert (entry["systemName"], entry["externalId"]) == ("archive", "v1")
    assert entry["id"] == emulator.entries()[0]["id"]
    assert find(client, "v2") is None
    assert find(client, "v1", "elsewhere") is None


@pytest.mark.parametrize("external_id", ["a&b=c", "ü /?#", "100%", "a+b", "a,b", " "])
def test_special_characters_of_a_pair(make_emulator, make_client, external_id):
    """Special characters of an id are sent unchanged."""
    emulator = make_emulator(job_polls=0)
    client = make_client(emulator)
    submit(client, body().replace(b'"v1"', f'"{external_id}"'.encode()))
    entry = find(client, external_id)

    assert entry is not None
    assert entry["externalId"] == external_id


@pytest.mark.parametrize(
    "answer",
    [
        {"results": []},
        {"mediaLibraryEntries": []},
        {"results": [None]},
        {"results": "none"},
        {},
        [],
        None,
    ],
)
def test_list_without_an_entry(clock, answer):
    """An answer without an entry means that none was found."""
    content = "null" if answer is None else None
    options = {"content": content} if content else {"json": answer}

    assert find(Script(options).client(clock)) is None


def test_either_list_is_read(clock):
    """An empty list under one name does not hide the entry under the other."""
    entry = {"id": "m1", "externalId": "v1", "systemName": "archive"}
    script = Script({"json": {"results": [], "mediaLibraryEntries": [entry]}})

    assert find(script.client(clock)) == entry


def test_other_entries_are_ignored(clock):
    """A server that ignores the query returns other entries, which are ignored."""
    other = {"id": "m2", "externalId": "other", "systemName": "archive"}

    assert find(Script({"json": {"results": [other]}}).client(clock)) is None


def test_missing_entry_may_be_a_404(client, emulator):
    """A 404 for a pair means that the entry does not exist."""
    emulator.script(Fault(on=LOOKUP, action="status", status=404))

    assert find(client) is None


def test_refused_look_up(client, emulator):
    """Any other refusal does not mean that the entry is missing."""
    emulator.script(Fault(on=LOOKUP, action="status", status=400))

    with pytest.raises(RequestRefused):
        find(client)


def test_look_up_needs_the_read_scope(make_emulator, make_client):
    """The hint names the missing scope."""
    emulator = make_emulator(tokens={TOKEN: Token(scopes=("public-api:write",))})

    with pytest.raises(Unauthorized) as raised:
        find(make_client(emulator))
    assert raised.value.status == 403
    assert "public-api:read" in raised.value.hint


def test_job_is_followed(client):
    """`submit` returns the id of the job, and `status` the answers unchanged."""
    job_id = submit(client)["id"]
    first, second = status(client, job_id), status(client, job_id)

    assert (first["finished"], first["state"]) == (False, "started")
    assert (second["finished"], second["state"]) == (True, "success")
    assert [item["externalId"] for item in second["videos"]] == ["v1"]


def test_calls_are_counted_not_attempts(client, emulator):
    """`counts` counts calls, and `retried` the retries."""
    emulator.script(
        Fault(on=POST, action="refuse"),
        Fault(on=LOOKUP, action="drop", times=2),
        Fault(on="GET import/videos/status", action="status", status=400),
    )
    submit(client)
    find(client)
    with pytest.raises(RequestRefused):
        status(client)

    assert client.counts == {"import": 1, "lookup": 1, "status": 1}
    assert client.retried == 3


def test_max_rate_spaces_requests(make_client, emulator, clock):
    """With two requests per second, all kinds of requests are half a second apart."""
    client = make_client(emulator, max_rate=2.0)
    for ask in (submit, find, status):
        ask(client)

    assert clock.slept == [0.5, 0.5]


def test_max_rate_of_concurrent_requests(make_client, emulator, clock):
    """Concurrent requests share the rate of the client."""
    client = make_client(emulator, max_rate=2.0)
    moments = []

    async def ask():
        await client.find_entry("archive", "v1")
        moments.append(clock.monotonic())

    async def all_at_once():
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(ask())

    asyncio.run(all_at_once())

    assert moments == [0.0, 0.5, 1.0, 1.5]


def test_unused_slots_are_not_saved(make_client, emulator, clock):
    """An idle period causes neither a wait nor a burst."""
    client = make_client(emulator, max_rate=2.0)
    find(client)
    clock.advance(100)
    for _ in range(3):
        find(client)

    assert clock.slept == [0.5, 0.5]


def test_max_rate_of_retries(make_client, emulator, clock):
    """A retry waits for its slot like any other request."""
    emulator.script(Fault(on=LOOKUP, action="status", status=503, headers={"Retry-After": "0"}))
    find(make_client(emulator, max_rate=0.1))

    assert clock.slept == [10.0]


def test_without_a_rate(client, clock):
    """Without a rate there are no waits."""
    for _ in range(3):
        find(client)

    assert clock.slept == []


def test_client_closes_its_connection(clock):
    """Leaving the context closes the connection."""
    client = Script(EMPTY).client(clock)

    async def ask_twice():
        async with client as entered:
            assert entered is client
            await client.find_entry("archive", "v1")
        await client.find_entry("archive", "v1")

    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(ask_twice())


def test_token_is_never_shown(clock):
    """No error message contains the token."""
    script = Script(
        httpx.ReadError("gone"), {"status_code": 400, "text": "no"}, httpx.ProxyError("no")
    )
    client = script.client(clock, headers={"Authorization": "Bearer very-secret"})

    for _ in range(3):
        with pytest.raises(ApiError, match="server.example") as raised:
            asyncio.run(client.submit(VIDEOS, b"{}"))
        assert "very-secret" not in f"{raised.value} {raised.value.hint}"
