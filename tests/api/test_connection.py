"""Connections that break: real sockets, because who breaks them decides what the error says."""

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
    """Answer a request in full."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER + b'{"id":"x"}')


async def hang_up(reader, writer):
    """Take a request and say nothing."""
    await reader.readuntil(b"\r\n\r\n")


async def break_off(reader, writer):
    """Begin an answer and stop in the middle."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER + b'{"id')


async def garble(reader, writer):
    """Make a TLS connection in good order, take a request, and send a record nobody can read."""
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server_tls().wrap_bio(received, sent, server_side=True)

    async def until_done(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                writer.write(sent.read())
                if not (text := await reader.read(65536)):
                    raise ConnectionResetError from None
                received.write(text)

    await until_done(tls.do_handshake)
    await until_done(tls.read)
    writer.write(sent.read() + b"\x17\x03\x03\x00\x20" + bytes(32))
    await reader.read()


def server_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def talk(clock):
    """Return a function: a server on the loopback that acts so, and one request to it."""

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


def posting(client):
    return client.submit(VIDEOS, b"{}")


def asking(client):
    return client.status(VIDEOS, "job1")


def test_answer_over_a_socket(talk):
    """A request and its answer, for once without an emulator."""
    assert talk(answer, posting) == {"id": "x"}


def test_certificate_that_is_known(talk):
    """An authority named by the user is enough."""
    known = ssl.create_default_context(cafile=PEM)

    assert talk(answer, posting, scheme="https", tls=server_tls(), verify=known) == {"id": "x"}


@pytest.mark.parametrize("ask", [posting, asking])
def test_certificate_nobody_knows_is_final(talk, clock, ask):
    """One attempt, nothing taken in, and the option for an own authority is named."""
    with pytest.raises(ServerUnavailable, match="self-signed certificate") as raised:
        talk(answer, ask, scheme="https", tls=server_tls())
    assert clock.slept == []
    assert raised.value.is_declined
    assert "--ca-file" in raised.value.hint


def test_server_that_speaks_no_tls(talk, clock):
    """https to a port that speaks http is a wrong address, not a moment's trouble."""

    async def refuse(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    with pytest.raises(ServerUnavailable, match="no secure connection: wrong version") as raised:
        talk(refuse, posting, scheme="https")
    assert clock.slept == []
    assert "--server" in raised.value.hint


@pytest.mark.parametrize("act", [hang_up, break_off])
def test_connection_that_breaks_under_a_post(talk, clock, act):
    """Once the request was sent, an answer that does not come whole is lost."""
    with pytest.raises(AnswerLost, match="the answer was lost: "):
        talk(act, posting)
    assert clock.slept == []


@pytest.mark.parametrize("act", [hang_up, break_off])
def test_connection_that_breaks_under_a_question(talk, clock, act):
    """A question is asked again, as often as a server gets that never answered."""
    with pytest.raises(ServerUnavailable, match="no answer: "):
        talk(act, asking)
    assert len(clock.slept) == 3


def test_tls_that_breaks_under_a_post(talk):
    """TLS that fails once the request was on its way says nothing of what became of it."""
    known = ssl.create_default_context(cafile=PEM)

    with pytest.raises(AnswerLost, match=f"{POST}: the answer was lost: .*bad record mac"):
        talk(garble, posting, scheme="https", verify=known)


def test_tls_that_breaks_under_a_question(talk, clock):
    """The same trouble under a question is worth other attempts."""
    known = ssl.create_default_context(cafile=PEM)

    with pytest.raises(ServerUnavailable, match="no answer: .*bad record mac"):
        talk(garble, asking, scheme="https", verify=known)
    assert len(clock.slept) == 3


def test_tls_trouble_behind_another_name(clock):
    """The HTTP library may give such trouble a name of its own; it means the same."""
    trouble = httpx.ReadError("broken")
    trouble.__cause__ = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")

    with pytest.raises(AnswerLost, match="the answer was lost: "):
        submit(Script(trouble).client(clock))


def test_nobody_listens(clock):
    """A closed port says so in words of its own, not in those of the HTTP library."""
    http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}")
    client = LivingdocsClient(http, clock, ClientOptions(api_version="v1"))

    async def ask():
        async with client:
            await asking(client)

    with pytest.raises(ServerUnavailable, match="no connection: Connection refused$"):
        asyncio.run(ask())
    assert len(clock.slept) == 3


def test_dead_proxy_is_named(clock):
    """The error names the proxy, and the hint does not blame --server."""
    name = "the proxy http://127.0.0.1:1 (HTTP_PROXY)"
    http = httpx.AsyncClient(
        base_url="http://server.example", proxy=f"http://127.0.0.1:{free_port()}", trust_env=False
    )
    client = LivingdocsClient(http, clock, ClientOptions(api_version="v1", proxy=name))

    async def ask():
        async with client:
            await posting(client)

    with pytest.raises(ServerUnavailable) as raised:
        asyncio.run(ask())
    assert f"through {name}: no connection: Connection refused" in str(raised.value)
    assert "NO_PROXY" in raised.value.hint and "--server" not in raised.value.hint
    assert raised.value.is_declined


def test_reason_is_that_of_this_request(talk):
    """Asked while another trouble is being dealt with, a request still tells its own."""

    async def ask(client):
        try:
            raise AnswerLost("an earlier request")
        except AnswerLost:
            await asking(client)

    with pytest.raises(ServerUnavailable, match="no answer: Server disconnected"):
        talk(hang_up, ask)


def test_unknown_host_is_named_as_such(clock):
    """A name nobody knows is told from a server that is down."""
    trouble = httpx.ConnectError("All connection attempts failed")
    trouble.__cause__ = socket.gaierror(-2, "Name or service not known")

    with pytest.raises(ServerUnavailable, match="the name of the host is not known") as raised:
        submit(Script(trouble).client(clock))
    assert len(clock.slept) == 3
    assert raised.value.is_declined


def test_trouble_without_words_is_named(clock):
    """An error that says nothing is shown by its name."""
    with pytest.raises(ServerUnavailable, match="no answer: ReadTimeout"):
        find(Script(httpx.ReadTimeout("")).client(clock))
