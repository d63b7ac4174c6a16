"""Broken connections, tested with real sockets: the error depends on the side that closes them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.errors import AnswerLost, ServerUnavailable
from tests.api.scripted import VIDEOS, Script, find, submit

PEM = Path(__file__).with_name("loopback.pem")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
POST = "POST https://127.0.0.1:[0-9]+/api/v1/import/videos"


async def answer(reader, writer):
    """Send a complete answer."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER + b'{"id":"x"}')


async def hang_up(reader, writer):
    """Read a request and close the connection."""
    await reader.readuntil(b"\r\n\r\n")


async def break_off(reader, writer):
    """Send the beginning of an answer and close the connection."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER + b'{"id')


async def garble(reader, writer):
    """Complete a TLS handshake, read a request, and send an invalid record."""
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server_tls().wrap_bio(received, sent, server_side=True)

    async def complete(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                writer.write(sent.read())
                if not (text := await reader.read(65536)):
                    raise ConnectionResetError from None
                received.write(text)

    await complete(tls.do_handshake)
    await complete(tls.read)
    writer.write(sent.read() + b"\x17\x03\x03\x00\x20" + bytes(32))
    await reader.read()


def server_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@pytest.fixture
def talk(clock):
    """Return a function that starts a loopback server with this behaviour and sends one request."""

    async def go(act, ask, scheme, tls, verify):
        visits: set[Any] = set()

        async def visit(reader, writer):
            visits.add(asyncio.current_task())
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                await act(reader, writer)
            with contextlib.suppress(OSError):
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(visit, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        http = httpx.AsyncClient(base_url=f"{scheme}://127.0.0.1:{port}", verify=verify)
        try:
            options = ClientOptions(api_version="v1", rng=random.Random(1))
            async with LivingdocsClient(http, clock, options) as client:
                return await ask(client)
        finally:
            server.close()
            await asyncio.gather(*visits)

    def talk(act, ask, *, scheme="http", tls=None, verify=True):
        return asyncio.run(go(act, ask, scheme, tls, verify))

    return talk


def post_import(client):
    return client.submit(VIDEOS, b"{}")


def get_status(client):
    return client.status(VIDEOS, "job1")


def test_answer_over_a_socket(talk):
    """A request and its answer over a real socket."""
    assert talk(answer, post_import) == {"id": "x"}


def test_certificate_that_is_known(talk):
    """A certificate authority of the user is sufficient."""
    context = ssl.create_default_context(cafile=PEM)

    assert talk(answer, post_import, scheme="https", tls=server_tls(), verify=context) == {
        "id": "x"
    }


@pytest.mark.parametrize("ask", [post_import, get_status])
def test_unknown_certificate_is_final(talk, clock, ask):
    """An unknown certificate is not retried; the hint names the option for an authority."""
    with pytest.raises(ServerUnavailable, match="self-signed certificate") as raised:
        talk(answer, ask, scheme="https", tls=server_tls())
    assert clock.slept == []
    assert raised.value.is_declined
    assert "--ca-file" in raised.value.hint


def test_server_without_tls(talk, clock):
    """https to an http port is a wrong address and is not retried."""

    async def refuse(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    with pytest.raises(ServerUnavailable, match="no secure connection: wrong version") as raised:
        talk(refuse, post_import, scheme="https")
    assert clock.slept == []
    assert "--server" in raised.value.hint


@pytest.mark.parametrize("act", [hang_up, break_off])
def test_connection_that_breaks_during_a_post(talk, clock, act):
    """After the request was sent, an incomplete answer is lost."""
    with pytest.raises(AnswerLost, match="the answer was lost: "):
        talk(act, post_import)
    assert clock.slept == []


@pytest.mark.parametrize("act", [hang_up, break_off])
def test_connection_that_breaks_during_a_get(talk, clock, act):
    """A GET is retried, up to the limit for a server that never answered."""
    with pytest.raises(ServerUnavailable, match="no answer: "):
        talk(act, get_status)
    assert len(clock.slept) == 3


def test_tls_that_breaks_during_a_post(talk):
    """A TLS failure after the request was sent leaves its outcome unknown."""
    context = ssl.create_default_context(cafile=PEM)

    with pytest.raises(AnswerLost, match=f"{POST}: the answer was lost: .*bad record mac"):
        talk(garble, post_import, scheme="https", verify=context)


def test_tls_that_breaks_during_a_get(talk, clock):
    """A GET is retried after a TLS failure."""
    context = ssl.create_default_context(cafile=PEM)

    with pytest.raises(ServerUnavailable, match="no answer: .*bad record mac"):
        talk(garble, get_status, scheme="https", verify=context)
    assert len(clock.slept) == 3


def test_wrapped_tls_error(clock):
    """A TLS failure that httpx wraps in another error has the same meaning."""
    error = httpx.ReadError("broken")
    error.__cause__ = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")

    with pytest.raises(AnswerLost, match="the answer was lost: "):
        submit(Script(error).client(clock))


def test_closed_port(clock):
    """The message for a closed port has the reason, not httpx's summary."""
    http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}")
    client = LivingdocsClient(http, clock, ClientOptions(api_version="v1"))

    async def ask():
        async with client:
            await get_status(client)

    with pytest.raises(ServerUnavailable, match="no connection: Connection refused$"):
        asyncio.run(ask())
    assert len(clock.slept) == 3


def test_dead_proxy_is_named(clock):
    """The message names the proxy, and the hint does not mention --server."""
    name = "the proxy http://127.0.0.1:1 (HTTP_PROXY)"
    http = httpx.AsyncClient(
        base_url="http://server.example", proxy=f"http://127.0.0.1:{free_port()}", trust_env=False
    )
    client = LivingdocsClient(http, clock, ClientOptions(api_version="v1", proxy=name))

    async def ask():
        async with client:
            await post_import(client)

    with pytest.raises(ServerUnavailable) as raised:
        asyncio.run(ask())
    assert f"through {name}: no connection: Connection refused" in str(raised.value)
    assert "NO_PROXY" in raised.value.hint and "--server" not in raised.value.hint
    assert raised.value.is_declined


def test_reason_is_that_of_this_request(talk):
    """A request during the handling of another error reports its own reason."""

    async def ask(client):
        try:
            raise AnswerLost("an earlier request")
        except AnswerLost:
            await get_status(client)

    with pytest.raises(ServerUnavailable, match="no answer: Server disconnected"):
        talk(hang_up, ask)


def test_unknown_host_is_named_as_such(clock):
    """An unknown host name has its own message."""
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")

    with pytest.raises(ServerUnavailable, match="the name of the host is not known") as raised:
        submit(Script(error).client(clock))
    assert len(clock.slept) == 3
    assert raised.value.is_declined


def test_error_without_a_message(clock):
    """An error without a message is shown by its class name."""
    with pytest.raises(ServerUnavailable, match="no answer: it did not come in time"):
        find(Script(httpx.ReadTimeout("")).client(clock))
