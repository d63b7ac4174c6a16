"""Limits of one request: size of the answer, time, and behaviour when the run stops."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import signal
import zlib
from typing import Any

import httpx
import pytest

from ld_import.api import ClientOptions, LivingdocsClient, TimeLimits
from ld_import.api.bodies import LARGEST_ANSWER_BYTES, LARGEST_ERROR_BYTES
from ld_import.errors import (
    AnswerLost,
    Interrupted,
    RequestRefused,
    ServerUnavailable,
    UnexpectedAnswer,
)
from ld_import.pipeline.shutdown import StoppableClock
from tests.api.scripted import VIDEOS, Script, find, status, submit

OPEN_ENDED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


class Counted(httpx.AsyncByteStream):
    """A body in pieces that counts the pieces read."""

    def __init__(self, *pieces, times=1):
        self.pieces = pieces
        self.times = times
        self.read = 0

    async def __aiter__(self):
        for _ in range(self.times):
            for piece in self.pieces:
                self.read += 1
                yield piece


def bomb(size):
    """Return `size` zero bytes, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1_000_000)
    return b"".join([*(packer.compress(block) for _ in range(size // len(block))), packer.flush()])


def packed(text, encoding="gzip"):
    return {"headers": {"Content-Encoding": encoding}, "stream": httpx.ByteStream(text)}


@pytest.fixture(scope="module")
def large():
    """Return a compressed body of some kilobytes that unpacks to more than the limit."""
    return bomb(LARGEST_ANSWER_BYTES + 1_000_000)


def test_packed_answer_is_unpacked(clock):
    """The client decompresses the encodings that it accepts."""
    script = Script(packed(gzip.compress(b'{"id": "25bzj8j"}')))

    assert submit(script.client(clock)) == {"id": "25bzj8j"}
    assert script.requests[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("ask", [status, find])
def test_answer_to_a_get_that_is_too_large(clock, large, ask):
    """An answer to a GET that is too large is an error and is not retried."""
    script = Script(packed(large))

    with pytest.raises(UnexpectedAnswer, match="the answer is larger than 64 MB"):
        ask(script.client(clock))
    assert len(script.requests) == 1


def test_answer_to_a_post_that_is_too_large(clock, large):
    """An answer to a POST that is too large leaves the outcome unknown."""
    with pytest.raises(AnswerLost, match="the answer is larger than 64 MB"):
        submit(Script(packed(large)).client(clock))


def test_reading_stops_at_the_limit(clock):
    """Reading of an endless body stops at the limit."""
    body = Counted(bytes(1_000_000), times=1000)

    with pytest.raises(UnexpectedAnswer):
        status(Script({"stream": body}).client(clock))
    assert body.read == LARGEST_ANSWER_BYTES // 1_000_000 + 1


def test_error_is_read_in_part(clock):
    """Only the beginning of the body of an error is read."""
    body = Counted(b"x" * 100_000, times=1000)

    with pytest.raises(RequestRefused, match="400 Bad Request"):
        submit(Script({"status_code": 400, "stream": body}).client(clock))
    assert body.read == LARGEST_ERROR_BYTES // 100_000 + 1


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 5000, "\u00e9"])
def test_unknown_encoding(clock, encoding):
    """An unknown encoding makes a GET retried and the answer to a POST lost."""
    answer = packed(b"?", encoding.encode())
    get_status = Script(answer, {"json": {"finished": True}})

    assert status(get_status.client(clock)) == {"finished": True}
    with pytest.raises(AnswerLost, match="garbled: its Content-Encoding is") as raised:
        submit(Script(answer).client(clock))
    assert len(str(raised.value)) < 300


@pytest.fixture
def serve(clock):
    """Return a function that calls `ask` with a client of a loopback server."""

    async def go(act, ask, **limits):
        stoppable = StoppableClock(clock)
        visits: set[Any] = set()

        async def visit(reader, writer):
            visits.add(asyncio.current_task())
            with contextlib.suppress(OSError):
                await reader.readuntil(b"\r\n\r\n")
                await act(writer, stoppable)
                await reader.read()
            with contextlib.suppress(OSError):
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(visit, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        try:
            options = ClientOptions(api_version="v1", limits=TimeLimits(**limits))
            async with LivingdocsClient(http, stoppable, options) as client:
                stoppable.on_stop(client.stop)
                return await ask(client)
        finally:
            server.close()
            await asyncio.gather(*visits)

    return lambda act, ask, **limits: asyncio.run(go(act, ask, **limits))


async def drip(writer, clock):
    """Send a byte at a time, each before any read timeout."""
    loop = asyncio.get_running_loop()
    writer.write(OPEN_ENDED)
    while not writer.is_closing():
        pause = loop.create_future()
        loop.call_later(0.002, pause.set_result, None)
        await pause
        writer.write(b" ")
        await writer.drain()


async def stop(writer, clock):
    """Read the request, stop the run, and never answer."""
    clock.stop(signal.SIGTERM)


async def stop_in_the_body(writer, clock):
    """Stop the run after sending the headers."""
    writer.write(OPEN_ENDED)
    await writer.drain()
    clock.stop(signal.SIGTERM)


async def stop_and_answer(writer, clock):
    """Stop the run and answer afterwards."""
    clock.stop(signal.SIGTERM)
    writer.write(OPEN_ENDED + b'{"id": "x"}')
    writer.write_eof()


def post_import(client):
    return client.submit(VIDEOS, b"{}")


def get_status(client):
    return client.status(VIDEOS, "job1")


def test_body_that_drips_ends_at_the_deadline(serve):
    """Headers and body share one deadline; afterwards the outcome of a POST is unknown."""
    with pytest.raises(AnswerLost, match="it was not complete in time"):
        serve(drip, post_import, request_seconds=0.15)


def test_dripping_answer_to_a_get_is_retried(serve, clock):
    """A GET that exceeds its deadline is retried."""
    with pytest.raises(ServerUnavailable, match="no answer: it was not complete in time"):
        serve(drip, get_status, request_seconds=0.1)
    assert len(clock.slept) >= 3


@pytest.mark.parametrize("act", [stop, stop_in_the_body])
def test_stop_cancels_a_get(serve, act):
    """A stop cancels a GET immediately."""
    with pytest.raises(Interrupted) as raised:
        serve(act, get_status)
    assert raised.value.exit_code == 143


@pytest.mark.parametrize("act", [stop, stop_in_the_body])
def test_stop_waits_for_a_post(serve, act):
    """After the grace period, the answer to a POST counts as lost and never as refused."""
    with pytest.raises(AnswerLost) as raised:
        serve(act, post_import, grace_seconds=0.03)
    assert not raised.value.is_declined


def test_answer_within_the_grace_period(serve):
    """An answer within the grace period is returned, so that the next run can follow the job."""
    assert serve(stop_and_answer, post_import) == {"id": "x"}


def test_no_request_after_a_stop(clock):
    """A stopped run sends no further request."""
    stoppable = StoppableClock(clock)
    script = Script({"json": {}})
    client = script.client(stoppable)
    stoppable.on_stop(client.stop)

    async def ask():
        stoppable.stop(signal.SIGINT)
        await client.status(VIDEOS, "job1")

    with pytest.raises(Interrupted):
        asyncio.run(ask())
    assert script.requests == []


@pytest.mark.parametrize("within", [0.0, 5.0])
def test_time_limit_of_a_status_request(clock, within):
    """Retries end after `within_seconds`; there is always one attempt."""
    script = Script({"status_code": 503, "headers": {"Retry-After": "200"}})
    client = script.client(clock)

    with pytest.raises(ServerUnavailable):
        asyncio.run(client.status(VIDEOS, "job1", within_seconds=within))
    assert clock.monotonic() == within
    assert len(script.requests) == (2 if within else 1)


def test_slow_attempts_count_towards_the_total(clock):
    """The total time includes attempts and waits."""

    def slow(request):
        clock.advance(301)
        raise httpx.ReadTimeout("slow")

    http = httpx.AsyncClient(transport=httpx.MockTransport(slow), base_url="https://server.example")
    client = LivingdocsClient(http, clock, ClientOptions(api_version="v1"))

    with pytest.raises(ServerUnavailable):
        status(client)
    assert client.retried == 1
