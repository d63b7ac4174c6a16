"""The receiver on a socket: deadlines, connection limit, and clean-up."""

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
NOTICE = ("job-1", None)
BODY = '{"id": "job-1"}'
HEAD = f"POST /{SECRET} HTTP/1.1\r\nHost: here\r\n"
REQUEST = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n{BODY}"


@asynccontextmanager
async def receiving(notices, **options):
    """Listen during the block, append notices to `notices`, and yield the webhook's URL."""
    listener = bound()
    async with listening(listener, SECRET, lambda *notice: notices.append(notice), **options):
        yield url_of(listener)


def bound():
    """Return a loopback socket that already queues connections."""
    return socket.create_server(("127.0.0.1", 0))


def url_of(listener):
    """Return the URL of the secret path behind a socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}/{SECRET}"


async def notify(url):
    """Send a notification and return the status of the answer."""
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5) as http:
        return (await http.post(url, content=BODY)).status_code


@asynccontextmanager
async def connected(url, *parts_of_request):
    """Open a connection, send this text, and yield the reader of the answer."""
    parts = httpx.URL(url)
    reader, writer = await asyncio.open_connection(parts.host, parts.port)
    writer.write("".join(parts_of_request).encode())
    try:
        yield reader
    finally:
        writer.close()
        await asyncio.wait({asyncio.ensure_future(writer.wait_closed())})


async def received(reader):
    """Return all bytes until the server closes or resets the connection."""
    try:
        async with asyncio.timeout(CONNECTION_SECONDS / 2):
            return await reader.read()
    except ConnectionError:
        return b""


def test_notification():
    """A notification over the network is passed on immediately."""
    notices: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(notices) as url:
            assert await notify(url) == 204
            assert notices == [NOTICE]
            assert await notify(url.replace(SECRET, "guessed")) == 404

    asyncio.run(run())

    assert notices == [NOTICE]


def test_early_connection():
    """A connection made before the receiver starts is answered once it does."""
    notices: list[tuple[str, str | None]] = []

    async def run():
        listener = bound()
        async with (
            connected(url_of(listener), REQUEST) as reader,
            listening(listener, SECRET, lambda *notice: notices.append(notice)),
        ):
            assert (await received(reader)).startswith(b"HTTP/1.1 204")

    asyncio.run(run())

    assert notices == [NOTICE]


def test_one_request_a_connection():
    """A connection is closed after its answer, which has no `Server` and no `Date`."""
    notices: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(notices) as url, connected(url, REQUEST, REQUEST) as reader:
            return await received(reader)

    assert asyncio.run(run()) == b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
    assert notices == [NOTICE]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POST /",
        f"{HEAD}X: ",
        f"{HEAD}Content-Length: 100\r\n\r\n{{",
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n",
    ],
)
def test_slow_client(text):
    """An incomplete request does not delay others and is aborted at its deadline."""
    notices: list[tuple[str, str | None]] = []

    async def run():
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(receiving(notices, connection_seconds=0.3))
            slow = [await stack.enter_async_context(connected(url, text)) for _ in range(5)]
            assert await notify(url) == 204
            assert [await received(reader) for reader in slow] == [b""] * 5
            assert await notify(url) == 204

    asyncio.run(run())

    assert notices == [NOTICE] * 2


def test_connection_limit():
    """Connections above the limit are closed at once, and the others stay open."""

    async def run():
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(receiving([]))
            inside = [
                await stack.enter_async_context(connected(url)) for _ in range(MOST_CONNECTIONS)
            ]
            async with connected(url) as outside:
                assert await received(outside) == b""
            assert not any(reader.at_eof() for reader in inside)

    asyncio.run(run())


def test_slot_is_released():
    """Closed connections do not count towards the limit."""
    notices: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(notices) as url:
            for _ in range(2 * MOST_CONNECTIONS):
                assert await notify(url) == 204

    asyncio.run(run())

    assert len(notices) == 2 * MOST_CONNECTIONS


@pytest.mark.parametrize("noise", ["\x00\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "x" * 100_000])
def test_noise(noise, capfd):
    """Invalid HTTP is refused without output on the terminal."""
    notices: list[tuple[str, str | None]] = []

    async def run():
        async with receiving(notices) as url, connected(url, noise) as reader:
            answer = await received(reader)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 40")
            assert await notify(url) == 204

    asyncio.run(run())

    assert notices == [NOTICE]
    assert capfd.readouterr() == ("", "")


def test_error_in_on_notice(capfd):
    """An error in `on_notice` answers 500, and the receiver continues."""

    def fail(job_id, token):
        raise LookupError(job_id)

    async def run():
        listener = bound()
        async with listening(listener, SECRET, fail):
            return [await notify(url_of(listener)) for _ in range(2)]

    assert asyncio.run(run()) == [500, 500]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", [None, KeyError, asyncio.CancelledError])
def test_end(ending):
    """At the end of the block, connections and the socket are closed without waiting."""

    async def run():
        handler = signal.getsignal(signal.SIGINT)
        async with AsyncExitStack() as stack:
            readers = []
            try:
                async with receiving([]) as url:
                    for text in ("", f"{HEAD}Content-Length: 9\r\n\r\n{{"):
                        reader = await stack.enter_async_context(connected(url, text))
                        readers.append(reader)
                    assert await notify(url) == 204
                    assert signal.getsignal(signal.SIGINT) is handler
                    began_at = time.monotonic()
                    if ending:
                        raise ending
            except (KeyError, asyncio.CancelledError) as error:
                assert type(error) is ending
            assert time.monotonic() - began_at < 1
            assert [await received(reader) for reader in readers] == [b"", b""]
            with pytest.raises(httpx.ConnectError):
                await notify(url)

    asyncio.run(run())


@pytest.mark.parametrize("iterations", range(6))
def test_connection_at_the_end(iterations):
    """A connection made while the block ends is closed and leaks no socket."""

    async def run():
        async with receiving([]) as url:
            parts = httpx.URL(url)
            client = socket.create_connection((parts.host, parts.port), timeout=5)
            for _ in range(iterations):
                await SystemClock().sleep(0)
        return client

    with asyncio.run(run()) as client, suppress(ConnectionError):
        assert client.recv(1) == b""
    # A leaked socket raises a ResourceWarning when it is collected.
    gc.collect()
