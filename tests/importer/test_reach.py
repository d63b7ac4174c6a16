"""The way to a server step by step, with real sockets on loopback."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from ld_import.errors import ServerUnavailable
from ld_import.importer.reach import (
    Endpoint,
    endpoint_of,
    look_up,
    open_connection,
    open_tunnel,
    read_certificate,
)
from ld_import.importer.server import Proxy, Server

PEM = Path(__file__).parents[1] / "api" / "loopback.pem"


@contextmanager
def listening(act):
    """Accept one connection on a port of loopback, and pass it to `act` in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            with suppress(OSError), closing(listener.accept()[0]) as opened:
                opened.settimeout(5)
                act(opened)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def handshake(opened):
    """Complete a TLS handshake with the certificate of the tests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with context.wrap_socket(opened, server_side=True) as secure:
        secure.recv(1)


def say_http(opened):
    """Answer as a server without TLS."""
    opened.recv(1000)
    opened.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def connected(port):
    endpoint = Endpoint("127.0.0.1", port)
    return closing(open_connection(look_up(endpoint), endpoint))


def seen_certificate(act, **settings):
    with listening(act) as port, connected(port) as opened:
        return read_certificate(opened, Server(url=f"https://127.0.0.1:{port}", **settings))


def test_certificate():
    """Names, issuer and end of a trusted certificate are returned."""
    certificate = seen_certificate(handshake, ca_file=PEM)

    assert "127.0.0.1" in certificate.names
    assert certificate.issuer
    assert certificate.expires_at.tzinfo is not None


def test_certificate_that_is_not_checked():
    """With `is_insecure` the handshake succeeds, and there is no certificate to look at."""
    assert seen_certificate(handshake, is_insecure=True) is None


@pytest.mark.parametrize(
    ("act", "told", "hint"),
    [
        (handshake, "self-signed certificate", "--ca-file"),
        (say_http, "wrong version number", "http:// URL"),
        (lambda opened: None, "no secure connection", ""),
    ],
)
def test_no_secure_connection(act, told, hint):
    """An untrusted certificate and a server without TLS are named, each with its hint."""
    with pytest.raises(ServerUnavailable, match=told) as raised:
        seen_certificate(act)

    assert hint in raised.value.hint


def test_unknown_name():
    """A name that is not known is an error with the name."""
    with pytest.raises(ServerUnavailable, match=r"the name cms\.invalid is not known"):
        look_up(Endpoint("cms.invalid", 443))


def test_name_that_is_not_one():
    """A label that is too long for DNS is an error, too."""
    with pytest.raises(ServerUnavailable, match="is not known"):
        look_up(Endpoint("a" * 70 + ".example", 443))


def test_second_address():
    """If the first address of a host refuses the connection, the next one is tried."""
    with listening(lambda opened: None) as port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            closed = free.getsockname()[1]
        endpoint = Endpoint("127.0.0.1", port)
        addresses = [*look_up(Endpoint("127.0.0.1", closed)), *look_up(endpoint)]

        with closing(open_connection(addresses, endpoint)) as opened:
            assert opened.getpeername()[1] == port


def proxy_for(port, credentials=""):
    return Proxy(f"http://{credentials}127.0.0.1:{port}", "the proxy")


def test_endpoint():
    """The endpoint is the server's, with the port of its scheme, or that of the proxy."""
    server = Server(url="https://cms.example")

    assert endpoint_of(server) == Endpoint("cms.example", 443)
    assert endpoint_of(Server(url="https://cms.example", proxy=proxy_for(3128))) == Endpoint(
        "127.0.0.1", 3128
    )


def test_tunnel():
    """A proxy is asked for the server with its credentials; the certificate is the server's."""
    heard = []

    def act(opened):
        heard.append(opened.recv(1000).decode())
        opened.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        handshake(opened)

    with listening(act) as port, connected(port) as opened:
        proxy = proxy_for(port, "user:p%40ss@")
        server = Server(url="https://127.0.0.1", ca_file=PEM, proxy=proxy)
        open_tunnel(opened, server)
        assert read_certificate(opened, server) is not None

    credentials = base64.b64encode(b"user:p@ss").decode()
    assert heard == [
        "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443\r\n"
        f"Proxy-Authorization: Basic {credentials}\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication"),
        (b"", "no answer"),
    ],
)
def test_proxy_that_refuses(answer, told):
    """The answer of a proxy that refuses is part of the error."""

    def act(opened):
        opened.recv(1000)
        opened.sendall(answer)

    with listening(act) as port, connected(port) as opened:
        server = Server(url="https://cms.example", proxy=proxy_for(port))
        with pytest.raises(ServerUnavailable, match=told) as raised:
            open_tunnel(opened, server)

    assert "NO_PROXY" in raised.value.hint
