"""The receiver behind a real socket: who else is there does no harm."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import pytest

from ld_import.clock import SystemClock
from ld_import.receiver.serve import CONNECTION_SECONDS, MOST_CONNECTIONS, listening

SECRET = "unguessable"
TOLD = ("job-1", None)
BODY = '{"id": "job-1"}'
HEAD = f"POST /{SECRET} HTTP/1.1\r\nHost: here\r\n"
REQUEST = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n{BODY}"


@asynccontextmanager
async def receiving(told, **options):
    """Listen while the block runs, note what is handed on, and give the webhook's URL."""
    listener = bound()
    async with listening(listener, SECRET, lambda *notice: told.append(notice), **options):
        yield url_of(listener)


def bound():
    """Return a socket of this machine, on which connections may wait already."""
    return socket.create_server(("127.0.0.1", 0))


def url_of(listener):
    """Return the URL of the secret path behind a socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}/{SECRET}"


async def tell(url):
    """Notify, and return the status of the answer."""
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5) as http:
        return (await http.post(url, content=BODY)).status_code


@asynccontextmanager
async def connected(url, *words):
    """Hold a connection open, send these words, and give what reads the answer."""
    parts = httpx.URL(url)
    reader, writer = await asyncio.open_connection(parts.host, parts.port)
    writer.write("".join(words).encode())
    try:
        yield reader
    finally:
        writer.close()
        await asyncio.wait({asyncio.ensure_future(writer.wait_closed())})


async def heard(reader):
    """Return all that comes until the other side hangs up, however it does."""
    try:
        async with asyncio.timeout(CONNECTION_SECONDS / 2):
            return await reader.read()
    except ConnectionError:
        return b""


def test_notification():
    """A notification over the network is handed on at once."""
    told: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(told) as url:
            assert await tell(url) == 204
            assert told == [TOLD]
            assert await tell(url.replace(SECRET, "guessed")) == 404

    asyncio.run(run())

    assert told == [TOLD]


def test_early_connection():
    """Who connects before the receiver begins is heard when it does."""
    told: list[tuple[str, str | None]] = []

    async def run():
        listener = bound()
        async with (
            connected(url_of(listener), REQUEST) as reader,
            listening(listener, SECRET, lambda *notice: told.append(notice)),
        ):
            assert (await heard(reader)).startswith(b"HTTP/1.1 204")

    asyncio.run(run())

    assert told == [TOLD]


def test_one_request_a_connection():
    """A connection is closed with the answer, which says nothing of server or time."""
    told: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(told) as url, connected(url, REQUEST, REQUEST) as reader:
            return await heard(reader)

    assert asyncio.run(run()) == b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
    assert told == [TOLD]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "POST /",
        f"{HEAD}X: ",
        f"{HEAD}Content-Length: 100\r\n\r\n{{",
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n",
    ],
)
def test_slow_client(words):
    """A request that does not come to its end keeps nobody waiting, and is hung up on in time."""
    told: list[tuple[str, str | None]] = []

    async def run():
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(receiving(told, connection_seconds=0.3))
            slow = [await stack.enter_async_context(connected(url, words)) for _ in range(5)]
            assert await tell(url) == 204
            assert [await heard(reader) for reader in slow] == [b""] * 5
            assert await tell(url) == 204

    asyncio.run(run())

    assert told == [TOLD] * 2


def test_crowd():
    """More connections than a few are closed at once, and the others keep their place."""

    async def run():
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(receiving([]))
            inside = [
                await stack.enter_async_context(connected(url)) for _ in range(MOST_CONNECTIONS)
            ]
            async with connected(url) as outside:
                assert await heard(outside) == b""
            assert not any(reader.at_eof() for reader in inside)

    asyncio.run(run())


def test_place_that_was_left():
    """However many have come and gone, the next one is heard."""
    told: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(told) as url:
            for _ in range(2 * MOST_CONNECTIONS):
                assert await tell(url) == 204

    asyncio.run(run())

    assert len(told) == 2 * MOST_CONNECTIONS


@pytest.mark.parametrize("noise", ["\x00\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "x" * 100_000])
def test_noise(noise, capfd):
    """What is no HTTP is refused without a word on the terminal."""
    told: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(told) as url, connected(url, noise) as reader:
            answer = await heard(reader)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 40")
            assert await tell(url) == 204

    asyncio.run(run())

    assert told == [TOLD]
    assert capfd.readouterr() == ("", "")


def test_trouble_of_who_is_told(capfd):
    """An error of whoever is told is an answer of 500, not the end of the receiver."""

    def fail(job_id, token):
        raise LookupError(job_id)

    async def run():
        listener = bound()
        async with listening(listener, SECRET, fail):
            return [await tell(url_of(listener)) for _ in range(2)]

    assert asyncio.run(run()) == [500, 500]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", [None, KeyError, asyncio.CancelledError])
def test_end(ending):
    """However the block ends, nobody is waited for, every connection is closed, nobody listens."""

    async def run():
        handler = signal.getsignal(signal.SIGINT)
        async with AsyncExitStack() as stack:
            readers = []
            try:
                async with receiving([]) as url:
                    for words in ("", f"{HEAD}Content-Length: 9\r\n\r\n{{"):
                        one = await stack.enter_async_context(connected(url, words))
                        readers.append(one)
                    assert await tell(url) == 204
                    assert signal.getsignal(signal.SIGINT) is handler
                    began_at = time.monotonic()
                    if ending:
                        raise ending
            except (KeyError, asyncio.CancelledError) as error:
                assert type(error) is ending
            assert time.monotonic() - began_at < 1
            assert [await heard(reader) for reader in readers] == [b"", b""]
            with pytest.raises(httpx.ConnectError):
                await tell(url)

    asyncio.run(run())


@pytest.mark.parametrize("turns", range(6))
def test_connection_at_the_end(turns):
    """Whoever comes in the moment of the end is hung up on, and leaves nothing open."""

    async def run():
        async with receiving([]) as url:
            parts = httpx.URL(url)
            client = socket.create_connection((parts.host, parts.port), timeout=5)
            for _ in range(turns):
                await SystemClock().sleep(0)
        return client

    with asyncio.run(run()) as client, suppress(ConnectionError):
        assert client.recv(1) == b""
    # A socket left open warns when it is found.
    gc.collect()
