"""What the receiver takes, what it refuses, and how little it says."""

from __future__ import annotations

import asyncio
import tracemalloc

import httpx
import orjson
import pytest

from ld_import.clock import SystemClock
from ld_import.receiver.app import BODY_LIMIT_BYTES, Receiver

SECRET = "unguessable"
BODY = orjson.dumps({"id": "job-1", "context": {"ldImport": "t-7"}})


def asked(*requests, **options):
    """Send requests, one after the other; return their answers and what was handed on."""
    told = []
    receiver = Receiver(SECRET, lambda *notice: told.append(notice), **options)

    async def ask():
        transport = httpx.ASGITransport(receiver)
        async with httpx.AsyncClient(transport=transport, base_url="http://here.example") as http:
            return [await http.request(*words, **options) for words, options in requests]

    return asyncio.run(ask()), told


def post(path=f"/{SECRET}", method="POST", content=BODY, **options):
    """Return one request."""
    return (method, path), {"content": content, **options}


@pytest.mark.parametrize(
    "path", [f"/{SECRET}", f"/hooks/{SECRET}", f"/a/b/c/{SECRET}", f"/{SECRET}?retry=1"]
)
def test_notification(path):
    """A notification is handed on and answered with nothing, at whatever path a proxy makes."""
    (answer,), told = asked(post(path))

    assert (answer.status_code, answer.content) == (204, b"")
    assert told == [("job-1", "t-7")]


@pytest.mark.parametrize(
    "path",
    ["/", "", "/unguessabl", "/unguessablee", "/Unguessable", f"/{SECRET}/", f"/{SECRET}/x", "/ü",
     f"/?{SECRET}", "/%00", "/../etc/passwd"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_forged_path(path, method):
    """Whoever does not know the path hears nothing, not even which methods there are."""
    (answer,), told = asked(post(path, method))

    assert (answer.status_code, answer.content, told) == (404, b"", [])
    assert dict(answer.headers) == {"connection": "close", "content-length": "0"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_wrong_method(method):
    """Only a POST notifies."""
    (answer,), told = asked(post(method=method))

    assert (answer.status_code, answer.content, told) == (405, b"", [])
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("body", [b"", b"no JSON", b"{}", b'{"id": 7}', b'{"id": "a\\u0007"}'])
def test_not_believable(body):
    """What names no job is refused, and nobody is woken for it."""
    (answer,), told = asked(post(content=body))

    assert (answer.status_code, answer.content, told) == (400, b"", [])


def chunks(count, taken):
    """Yield a body of so many kilobytes, without saying its length; note what is taken of it."""

    async def some():
        for number in range(count):
            taken.append(number)
            yield b" " * 1000

    return some()


def test_oversized():
    """A body over the limit is refused whether or not it says its size, and not read to its end."""
    taken: list[int] = []
    said = post(content=b" " * 10_000_000)
    unsaid = post(content=chunks(10_000, taken))

    answers, told = asked(said, unsaid)

    assert [(one.status_code, one.content) for one in answers] == [(413, b"")] * 2
    assert told == []
    assert len(taken) <= BODY_LIMIT_BYTES / 1000 + 1


def test_just_fitting():
    """A body of exactly the limit is read."""
    (answer,), told = asked(post(content=BODY.ljust(BODY_LIMIT_BYTES)))

    assert (answer.status_code, len(told)) == (204, 1)


def test_chunked():
    """A notification may come in pieces."""

    async def pieces():
        for byte in BODY:
            yield bytes([byte])

    (answer,), told = asked(post(content=pieces()))

    assert (answer.status_code, told) == (204, [("job-1", "t-7")])


def test_slow_body():
    """A body that does not come in time is not waited for."""

    async def never():
        yield b"{"
        await asyncio.Event().wait()

    (answer,), told = asked(post(content=never()), body_seconds=0.01)

    assert (answer.status_code, answer.content, told) == (408, b"", [])


def test_client_that_leaves():
    """A client that hangs up within its request gets no answer and does no harm."""
    told, sent = [], []
    scope = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": []}

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    asyncio.run(Receiver(SECRET, lambda *notice: told.append(notice))(scope, receive, send))

    assert (told, sent) == ([], [])


def test_ten_thousand_notifications():
    """Repeats are each handed on at once, and nothing of them is kept."""
    count = 0

    def note(job_id, token):
        nonlocal count
        count += 1

    async def flood():
        receiver = Receiver(SECRET, note)
        await one_after_another(receiver, 100)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        await one_after_another(receiver, 10_000)
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return kept

    assert asyncio.run(flood()) < 100_000
    assert count == 10_100


async def one_after_another(receiver, count):
    """Deliver so many notifications."""

    async def receive():
        await SystemClock().sleep(0)
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message):
        assert message.get("status", 204) == 204

    for _ in range(count):
        scope = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": []}
        await receiver(scope, receive, send)
