"""Limits of one request: the size of its answer, its time, and what a stop does to it."""

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
    """A body in pieces that counts how many were read."""

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
    """Return zeros, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1_000_000)
    return b"".join([*(packer.compress(block) for _ in range(size // len(block))), packer.flush()])


def packed(text, encoding="gzip"):
    return {"headers": {"Content-Encoding": encoding}, "stream": httpx.ByteStream(text)}


@pytest.fixture(scope="module")
def large():
    """Return more than the limit, packed into some kilobytes."""
    return bomb(LARGEST_ANSWER_BYTES + 1_000_000)


def test_packed_answer_is_unpacked(clock):
    """What the client says it accepts is what it can read."""
    script = Script(packed(gzip.compress(b'{"id": "25bzj8j"}')))

    assert submit(script.client(clock)) == {"id": "25bzj8j"}
    assert script.requests[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("ask", [status, find])
def test_answer_to_a_question_that_is_too_large(clock, large, ask):
    """The error says so, and the question is not asked again."""
    script = Script(packed(large))

    with pytest.raises(UnexpectedAnswer, match="the answer is larger than 64 MB"):
        ask(script.client(clock))
    assert len(script.requests) == 1


def test_answer_to_a_post_that_is_too_large(clock, large):
    """It does not say what became of the request."""
    with pytest.raises(AnswerLost, match="the answer is larger than 64 MB"):
        submit(Script(packed(large)).client(clock))


def test_reading_stops_at_the_limit(clock):
    """A body without an end is not read to it."""
    body = Counted(bytes(1_000_000), times=1000)

    with pytest.raises(UnexpectedAnswer):
        status(Script({"stream": body}).client(clock))
    assert body.read == LARGEST_ANSWER_BYTES // 1_000_000 + 1


def test_error_is_read_in_part(clock):
    """The status decides; of a huge body the beginning is enough."""
    body = Counted(b"x" * 100_000, times=1000)

    with pytest.raises(RequestRefused, match="400 Bad Request"):
        submit(Script({"status_code": 400, "stream": body}).client(clock))
    assert body.read == LARGEST_ERROR_BYTES // 100_000 + 1


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 5000, "\u00e9"])
def test_encoding_nobody_asked_for(clock, encoding):
    """Such an answer is garbled: a question is repeated, a change is lost."""
    answer = packed(b"?", encoding.encode())
    asking = Script(answer, {"json": {"finished": True}})

    assert status(asking.client(clock)) == {"finished": True}
    with pytest.raises(AnswerLost, match="garbled: its Content-Encoding is") as raised:
        submit(Script(answer).client(clock))
    assert len(str(raised.value)) < 300


@pytest.fixture
def serve(clock):
    """Return a function: run `ask` with a client of a loopback server that acts so."""

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
    """Send a byte now and then, each time before any read timeout."""
    loop = asyncio.get_running_loop()
    writer.write(OPEN_ENDED)
    while not writer.is_closing():
        pause = loop.create_future()
        loop.call_later(0.002, pause.set_result, None)
        await pause
        writer.write(b" ")
        await writer.drain()


async def stop(writer, clock):
    """Take the request, let somebody stop the run, and never answer."""
    clock.stop(signal.SIGTERM)


async def stop_in_the_body(writer, clock):
    """Let somebody stop the run when the answer has begun."""
    writer.write(OPEN_ENDED)
    await writer.drain()
    clock.stop(signal.SIGTERM)


async def stop_and_answer(writer, clock):
    """Let somebody stop the run, and answer then."""
    clock.stop(signal.SIGTERM)
    writer.write(OPEN_ENDED + b'{"id": "x"}')
    writer.write_eof()


def posting(client):
    return client.submit(VIDEOS, b"{}")


def asking(client):
    return client.status(VIDEOS, "job1")


def test_body_that_drips_ends_at_the_deadline(serve):
    """One deadline holds for headers and body together; the outcome of a POST is unknown then."""
    with pytest.raises(AnswerLost, match="it was not complete in time"):
        serve(drip, posting, request_seconds=0.03)


def test_question_whose_answer_drips_is_asked_again(serve, clock):
    """As often as any question without an answer."""
    with pytest.raises(ServerUnavailable, match="no answer: it was not complete in time"):
        serve(drip, asking, request_seconds=0.02)
    assert len(clock.slept) >= 3


@pytest.mark.parametrize("act", [stop, stop_in_the_body])
def test_stop_cancels_a_question_at_once(serve, act):
    """A read changes nothing: nobody waits for its answer."""
    with pytest.raises(Interrupted) as raised:
        serve(act, asking)
    assert raised.value.exit_code == 143


@pytest.mark.parametrize("act", [stop, stop_in_the_body])
def test_stop_waits_a_moment_for_a_post(serve, act):
    """After the grace period its answer counts as lost, which is recorded, and never as refused."""
    with pytest.raises(AnswerLost) as raised:
        serve(act, posting, grace_seconds=0.03)
    assert not raised.value.is_declined


def test_answer_within_the_grace_period_counts(serve):
    """A job that was started is known, so that the next run can follow it."""
    assert serve(stop_and_answer, posting) == {"id": "x"}


def test_nothing_is_asked_after_a_stop(clock):
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
def test_time_allowed_for_a_question(clock, within):
    """Retries end when the time that the caller allows is over; there is always one attempt."""
    script = Script({"status_code": 503, "headers": {"Retry-After": "200"}})
    client = script.client(clock)

    with pytest.raises(ServerUnavailable):
        asyncio.run(client.status(VIDEOS, "job1", within_seconds=within))
    assert clock.monotonic() == within
    assert len(script.requests) == (2 if within else 1)


def test_slow_attempts_count_towards_the_total(clock):
    """Ten minutes are ten minutes, whether they pass in attempts or between them."""

    def slow(request):
        clock.advance(301)
        raise httpx.ReadTimeout("slow")

    http = httpx.AsyncClient(transport=httpx.MockTransport(slow), base_url="https://server.example")
    client = LivingdocsClient(http, clock, ClientOptions(api_version="v1"))

    with pytest.raises(ServerUnavailable):
        status(client)
    assert client.retried == 1
