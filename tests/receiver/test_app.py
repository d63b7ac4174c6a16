"""Requests that the receiver accepts and refuses, and its empty answers."""

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


def send_all(*requests, **options):
    """Send requests in order; return their answers and the accepted notices."""
    notices = []
    receiver = Receiver(SECRET, lambda *notice: notices.append(notice), **options)

    async def run():
        transport = httpx.ASGITransport(receiver)
        async with httpx.AsyncClient(transport=transport, base_url="http://here.example") as http:
            return [await http.request(*arguments, **options) for arguments, options in requests]

    return asyncio.run(run()), notices


def post(path=f"/{SECRET}", method="POST", content=BODY, **options):
    """Return the arguments of a request."""
    return (method, path), {"content": content, **options}


@pytest.mark.parametrize(
    "path", [f"/{SECRET}", f"/hooks/{SECRET}", f"/a/b/c/{SECRET}", f"/{SECRET}?retry=1"]
)
def test_notification(path):
    """A notification is accepted with an empty answer, whatever prefix a proxy adds to the path."""
    (answer,), notices = send_all(post(path))

    assert (answer.status_code, answer.content) == (204, b"")
    assert notices == [("job-1", "t-7")]


@pytest.mark.parametrize(
    "path",
    ["/", "", "/unguessabl", "/unguessablee", "/Unguessable", f"/{SECRET}/", f"/{SECRET}/x", "/ü",
     f"/?{SECRET}", "/%00", "/../etc/passwd"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_forged_path(path, method):
    """An unknown path answers 404 without a body and without an `Allow` header."""
    (answer,), notices = send_all(post(path, method))

    assert (answer.status_code, answer.content, notices) == (404, b"", [])
    assert dict(answer.headers) == {"connection": "close", "content-length": "0"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_wrong_method(method):
    """Only POST is allowed."""
    (answer,), notices = send_all(post(method=method))

    assert (answer.status_code, answer.content, notices) == (405, b"", [])
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("body", [b"", b"no JSON", b"{}", b'{"id": 7}', b'{"id": "a\\u0007"}'])
def test_invalid_notification(body):
    """A body without a job id is refused and not passed on."""
    (answer,), notices = send_all(post(content=body))

    assert (answer.status_code, answer.content, notices) == (400, b"", [])


def chunks(count, taken):
    """Return a body of `count` kilobytes of unknown length; `taken` records the consumed chunks."""

    async def stream():
        for number in range(count):
            taken.append(number)
            yield b" " * 1000

    return stream()


def test_oversized():
    """A body over the limit is refused, with or without a length, and not read completely."""
    taken: list[int] = []
    sized = post(content=b" " * 10_000_000)
    unsized = post(content=chunks(10_000, taken))

    answers, notices = send_all(sized, unsized)

    assert [(answer.status_code, answer.content) for answer in answers] == [(413, b"")] * 2
    assert notices == []
    assert len(taken) <= BODY_LIMIT_BYTES / 1000 + 1


def test_largest_body():
    """A body of exactly the limit is accepted."""
    (answer,), notices = send_all(post(content=BODY.ljust(BODY_LIMIT_BYTES)))

    assert (answer.status_code, len(notices)) == (204, 1)


def test_chunked():
    """A notification may arrive in chunks."""

    async def pieces():
        for byte in BODY:
            yield bytes([byte])

    (answer,), notices = send_all(post(content=pieces()))

    assert (answer.status_code, notices) == (204, [("job-1", "t-7")])


def test_slow_body():
    """A body that does not arrive in time answers 408."""

    async def never():
        yield b"{"
        await asyncio.Event().wait()

    (answer,), notices = send_all(post(content=never()), body_seconds=0.01)

    assert (answer.status_code, answer.content, notices) == (408, b"", [])


def test_client_that_leaves():
    """A client that disconnects during its request gets no answer."""
    notices, sent = [], []
    scope = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": []}

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    asyncio.run(Receiver(SECRET, lambda *notice: notices.append(notice))(scope, receive, send))

    assert (notices, sent) == ([], [])


@pytest.mark.no_cover
def test_thousands_of_notifications():
    """Repeated notifications are passed on immediately, and memory does not grow."""
    count = 0

    def count_notice(job_id, token):
        nonlocal count
        count += 1

    async def flood():
        receiver = Receiver(SECRET, count_notice)
        await deliver(receiver, 100)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        await deliver(receiver, 3000)
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return kept

    assert asyncio.run(flood()) < 100_000
    assert count == 3100


async def deliver(receiver, count):
    """Deliver `count` notifications."""

    async def receive():
        await SystemClock().sleep(0)
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message):
        assert message.get("status", 204) == 204

    for _ in range(count):
        scope = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": []}
        await receiver(scope, receive, send)
