"""Retries: which failures are retried, after which waits, and which requests are never repeated."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from ld_import.api import Retry
from ld_import.emulator import Emulator, Fault
from ld_import.errors import (
    AnswerLost,
    ApiError,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)
from tests.api.scripted import Script, find, status, submit
from tests.clock import START

POST = "POST import/videos"
LOOKUP = "GET mediaLibrary"
STATUS = "GET import/videos/status"
EMPTY: dict[str, Any] = {"json": {"results": []}}
THROTTLED = {"error": "Too Many Requests"}


def is_jittered(waits):
    """Return whether each wait is 50 to 100% of 0.5 s, doubled each time, at most 30 s."""
    ceilings = [min(0.5 * 2**at, 30.0) for at in range(len(waits))]
    return all(
        ceiling / 2 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True)
    )


@pytest.fixture
def known_client(client, clock):
    """Return a client whose server has answered before."""
    find(client)
    assert clock.slept == []
    return client


def test_connection_refused_is_retried_with_growing_waits(known_client, emulator, clock):
    """There are eight attempts, and the wait about doubles after each."""
    emulator.script(Fault(on=POST, action="refuse", times=8))

    with pytest.raises(ServerUnavailable, match="no connection") as raised:
        submit(known_client)
    assert emulator.requests[POST] == 8
    assert len(clock.slept) == 7
    assert is_jittered(clock.slept)
    assert raised.value.is_declined


def test_server_that_never_answered(client, emulator, clock):
    """A server that never answered gets four attempts; the hint is to check the address."""
    emulator.script(Fault(on=POST, action="refuse", times=4))

    with pytest.raises(ServerUnavailable) as raised:
        submit(client)
    assert emulator.requests[POST] == 4
    assert is_jittered(clock.slept)
    assert sum(clock.slept) < 4
    assert "--server" in raised.value.hint


def test_error_is_an_answer(client, emulator):
    """A server that answers 503 exists: it gets all the attempts."""
    emulator.script(Fault(on=STATUS, action="status", status=503, times=8))

    with pytest.raises(ServerUnavailable):
        status(client)
    assert emulator.requests[STATUS] == 8


@pytest.mark.parametrize("seed", range(5))
def test_waits_are_random(make_client, emulator, clock, seed):
    """The waits depend on the seed of `rng` and stay within bounds."""
    emulator.script(Fault(on=LOOKUP, action="status", status=500, times=8))

    with pytest.raises(ServerUnavailable):
        find(make_client(emulator, rng=random.Random(seed)))
    rng = random.Random(seed)
    assert clock.slept[0] == 0.5 * rng.uniform(0.5, 1.0)
    assert is_jittered(clock.slept)


class Longest(random.Random):
    """A random source that always returns the upper bound."""

    def uniform(self, a, b):
        return b


def test_longest_waits(make_client, emulator, clock):
    """Each wait is at most twice the previous one, and at most 30 seconds."""
    emulator.script(Fault(on=LOOKUP, action="status", status=500, times=8))

    with pytest.raises(ServerUnavailable):
        find(make_client(emulator, rng=Longest()))
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]


def test_default_random_source(clock):
    """Without `rng`, the waits stay within the same bounds."""
    script = Script({"status_code": 500}, EMPTY)

    assert find(script.client(clock, rng=None)) is None
    assert is_jittered(clock.slept)


@pytest.mark.parametrize(
    ("retry_after", "slept"),
    [
        ("7", [7.0]),
        (" 7 ", [7.0]),
        ("0", []),
        (format_datetime(START + timedelta(seconds=9), usegmt=True), [9.0]),
        (format_datetime(START - timedelta(days=1), usegmt=True), []),
        ("86400", [300.0]),
        (format_datetime(START + timedelta(days=1), usegmt=True), [300.0]),
        ("9" * 400, [300.0]),
    ],
)
def test_retry_after_is_honoured(client, emulator, clock, retry_after, slept):
    """Seconds or a date, at most five minutes; a date in the past means no wait."""
    headers = {"Retry-After": retry_after}
    emulator.script(Fault(on=POST, action="status", status=429, body=THROTTLED, headers=headers))

    assert submit(client)["id"]
    assert clock.slept == slept


@pytest.mark.parametrize(
    "retry_after",
    [
        b"soon",
        b"-5",
        b"1.5",
        b"\xb2",
        b"Sat, 21 Nov 2026 01:00:07 -0000",
        b"Sat, 21 Nov 99999 01:00:07 GMT",
        b"Sat, 21 Nov 2026 01:00:07 +99999999999999",
    ],
)
def test_invalid_retry_after_is_ignored(clock, retry_after):
    """An invalid header is ignored."""
    script = Script({"status_code": 503, "headers": [(b"Retry-After", retry_after)]}, EMPTY)

    find(script.client(clock))

    assert is_jittered(clock.slept)
    assert len(clock.slept) == 1


def test_waiting_ends_after_ten_minutes(client, emulator, clock):
    """The total time is limited, even if the server keeps get for five minutes."""
    headers = {"Retry-After": "300"}
    emulator.script(Fault(on=LOOKUP, action="status", status=503, headers=headers, times=3))

    with pytest.raises(ServerUnavailable):
        find(client)
    assert clock.slept == [300.0, 300.0]


@pytest.mark.parametrize("action", ["drop", "refuse", "drop_after", "html"])
def test_get_is_retried_without_an_answer(client, emulator, clock, action):
    """A GET is retried after any failure of the connection."""
    emulator.script(Fault(on=LOOKUP, action=action))

    assert find(client) is None
    assert emulator.requests[LOOKUP] == 2
    assert is_jittered(clock.slept)


@pytest.mark.parametrize(
    "code", [408, 425, 460, 499, 500, 501, 502, 503, 504, 505, 520, 524, 530, 599]
)
def test_get_is_retried(client, emulator, code):
    """A GET is retried after a timeout or an error of the server."""
    emulator.script(Fault(on=LOOKUP, action="status", status=code))

    assert find(client) is None
    assert emulator.requests[LOOKUP] == 2


def test_get_that_never_succeeds(client, emulator):
    """A GET that never succeeds has changed nothing."""
    emulator.script(Fault(on=LOOKUP, action="drop", times=4))

    with pytest.raises(ServerUnavailable, match="no answer") as raised:
        find(client)
    assert raised.value.is_declined


@pytest.mark.parametrize(
    ("fault", "jobs"),
    [
        ({"action": "drop"}, 0),
        ({"action": "drop_after"}, 1),
        ({"action": "html", "status": 502}, 0),
        ({"action": "html", "status": 504}, 0),
        ({"action": "status", "status": 500}, 0),
        ({"action": "status_after", "status": 500}, 1),
        ({"action": "status_after", "status": 502}, 1),
        *(
            ({"action": action, "status": status}, jobs)
            for status in (408, 425, 460, 499, 501, 503, 505, 520, 524, 530)
            for action, jobs in (("status", 0), ("status_after", 1))
        ),
        ({"action": "status", "status": 503, "headers": {"Retry-After": "1"}}, 0),
        ({"action": "truncated"}, 1),
    ],
)
def test_post_with_unknown_outcome_is_not_repeated(client, emulator, clock, fault, jobs):
    """The same failure occurs with and without a job, so the POST is never repeated."""
    emulator.script(Fault(on=POST, **fault))

    with pytest.raises(AnswerLost) as raised:
        submit(client)
    assert emulator.requests[POST] == 1
    assert len(emulator.jobs()) == jobs
    assert clock.slept == []
    assert not raised.value.is_declined


def test_post_that_took_too_long(make_client, clock):
    """After a timeout the answer counts as lost, although the job exists."""
    emulator = Emulator(now=clock.timestamp, sleep=clock.sleep)
    emulator.script(Fault(on=POST, action="slow", seconds=6))

    with pytest.raises(AnswerLost, match="the answer was lost: the answer took too long"):
        submit(make_client(emulator))
    assert len(emulator.jobs()) == 1
    emulator.close()


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "refuse"},
        {"action": "status", "status": 429, "body": THROTTLED},
        {"action": "html", "status": 429, "body": "slow down"},
    ],
)
def test_declined_post_is_repeated(client, emulator, clock, fault):
    """A POST that the server did not accept is repeated and creates one job."""
    emulator.script(Fault(on=POST, times=2, **fault))

    assert submit(client)["id"]
    assert emulator.requests[POST] == 3
    assert len(emulator.jobs()) == 1
    assert is_jittered(clock.slept)


def test_throttling_that_does_not_end(client, emulator):
    """If all attempts are throttled, the request counts as declined."""
    fault = Fault(on=POST, action="status", status=429, body=THROTTLED, times=8)
    emulator.script(fault)

    with pytest.raises(ServerUnavailable, match="429 Too Many Requests") as raised:
        submit(client)
    assert raised.value.is_declined


@pytest.mark.parametrize(
    ("settings", "options", "error"),
    [
        ({"quota": 0}, {}, QuotaReached),
        ({"quota": 0, "retry_after": 60}, {}, QuotaReached),
        ({"body_limit": 10}, {}, RequestRefused),
        ({}, {"token": "unknown"}, Unauthorized),
        ({}, {"api_version": "2024-11"}, RequestRefused),
        ({}, {"api_version": "2031-01"}, RequestRefused),
    ],
)
def test_refusal_is_final(make_emulator, make_client, clock, settings, options, error):
    """A final refusal is not retried."""
    emulator = make_emulator(**settings)

    with pytest.raises(error):
        submit(make_client(emulator, **options))
    assert emulator.requests[POST] == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (httpx.UnsupportedProtocol("Request URL has an unsupported protocol"), "unsupported"),
        (httpx.LocalProtocolError("Illegal header value"), "Illegal header value"),
        (httpx.ProxyError("407 Proxy Authentication Required"), "407"),
    ],
)
@pytest.mark.parametrize("ask", [submit, find])
def test_permanent_failure(clock, failure, words, ask):
    """An invalid URL or a refusal of the proxy is not retried."""
    script = Script(failure)

    with pytest.raises(ServerUnavailable, match=words) as raised:
        ask(script.client(clock))
    assert len(script.requests) == 1
    assert clock.slept == []
    assert raised.value.is_declined


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")],
)
@pytest.mark.parametrize("ask", [submit, find])
def test_failure_before_sending(clock, failure, ask):
    """Without a connection no request was accepted, so any request is repeated."""
    script = Script(failure, EMPTY)

    ask(script.client(clock))

    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadError(""),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("broken pipe"),
        httpx.WriteTimeout("slow"),
        httpx.CloseError("gone"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
    ],
)
def test_failure_after_sending(clock, failure):
    """After bytes were sent, a GET is retried and a POST is not."""
    get, post = Script(failure, EMPTY), Script(failure, {"json": {"id": "j"}})

    assert find(get.client(clock)) is None
    with pytest.raises(AnswerLost):
        submit(post.client(clock))
    assert (len(get.requests), len(post.requests)) == (2, 1)


def garbled():
    """Return an answer whose compression is invalid."""
    return {"headers": {"Content-Encoding": "gzip"}, "stream": httpx.ByteStream(b"not gzip")}


def test_garbled_answer(clock):
    """An answer that cannot be decompressed has unknown content."""
    get, post = Script(garbled(), EMPTY), Script(garbled())

    assert find(get.client(clock)) is None
    with pytest.raises(AnswerLost, match="the answer was garbled"):
        submit(post.client(clock))
    assert (len(get.requests), len(post.requests)) == (2, 1)


def test_all_answers_garbled(clock):
    """A GET whose answers can never be decompressed fails as an unavailable server."""
    with pytest.raises(ServerUnavailable, match="the answer was garbled"):
        find(Script(garbled()).client(clock))


def test_retries_are_counted_and_reported(make_client, emulator, clock):
    """`on_retry` is called before each wait with reason, wait and number of the attempt."""
    observed = []

    def on_retry(retry):
        observed.append((retry, len(clock.slept)))

    client = make_client(emulator, on_retry=on_retry)
    headers = {"Retry-After": "7"}
    emulator.script(
        Fault(on=POST, action="status", status=429, body=THROTTLED, headers=headers),
        Fault(on=POST, action="refuse", nth=2),
    )
    submit(client)

    first, second = (retry for retry, _ in observed)
    assert [slept for _, slept in observed] == [0, 1]
    assert first == Retry(first.reason, 7.0, 2)
    assert second == Retry(second.reason, clock.slept[1], 3)
    assert "429 Too Many Requests" in first.reason
    assert "no connection" in second.reason
    assert client.retried == 2


def test_attempts_are_counted_per_request(client, emulator):
    """Each request has its own attempts."""
    emulator.script(
        Fault(on=LOOKUP, action="status", status=503, times=7),
        Fault(on=STATUS, action="status", status=503, times=7),
    )

    assert find(client) is None
    assert status(client)["state"] == "lost"
    assert client.retried == 14


def test_waiting_request_does_not_delay_others(client, emulator, clock):
    """A waiting request does not delay other requests."""
    headers = {"Retry-After": "200"}
    emulator.script(Fault(on=STATUS, action="status", status=503, headers=headers))
    done = []

    async def ask(name, question):
        await question
        done.append((name, clock.monotonic()))

    async def both():
        async with asyncio.TaskGroup() as group:
            group.create_task(ask("status", client.status("import/videos", "j")))
            group.create_task(ask("lookup", client.find_entry("archive", "v1")))

    asyncio.run(both())

    assert done == [("lookup", 0.0), ("status", 200.0)]


def test_every_failure_is_an_api_error(clock):
    """Every failure is raised as an ApiError."""
    failures = [
        httpx.ReadError("x"),
        {"status_code": 599},
        {"status_code": 299},
        {"content": b"\xff"},
        garbled(),
    ]

    for failure in failures:
        with pytest.raises(ApiError):
            find(Script(failure).client(clock))
    with pytest.raises(UnexpectedAnswer):
        submit(Script({"status_code": 204}).client(clock))
