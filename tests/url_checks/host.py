"""A host of legacy media on loopback, in a thread: each path has a behaviour of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PEM = Path(__file__).parents[1] / "api" / "loopback.pem"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41" + bytes(2000)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(2000)
PDF = b"%PDF-1.7\n" + b" " * 2000
PAGE = b"<!DOCTYPE html><html><body>Not found, sorry.</body></html>"
LOGIN = b"<html><form><input type='password' name='p'></form></html>"

Act = Callable[["Visit"], None]


@dataclass
class Visit:
    """One request, and the means to answer it."""

    handler: BaseHTTPRequestHandler

    @property
    def method(self):
        return self.handler.command

    def send(self, status=200, body=b"", **headers):
        """Send an answer; a keyword `content_length` is the header Content-Length."""
        self.handler.send_response(status)
        given = {name.replace("_", "-").title(): str(value) for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **given}.items():
            if value:
                self.handler.send_header(name, value)
        self.handler.end_headers()
        if self.method != "HEAD":
            self.handler.wfile.write(body)

    def drop(self):
        """Close the connection without an answer."""
        self.handler.close_connection = True


def file_of(body, media_type, **headers) -> Act:
    """Return the behaviour of a good host: HEAD, ranges, type and length."""

    def act(visit):
        wanted = visit.handler.headers.get("Range")
        if wanted and visit.method == "GET":
            part = body[:1024]
            shown = f"bytes 0-{len(part) - 1}/{len(body)}"
            visit.send(206, part, content_type=media_type, content_range=shown, **headers)
        else:
            visit.send(200, body, content_type=media_type, **headers)

    return act


def free_port():
    """Return a port at which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def status(code, body=b"", **headers) -> Act:
    """Return a behaviour that sends this answer to every request."""
    return lambda visit: visit.send(code, body, **headers)


def by_method(head, get) -> Act:
    """Return a behaviour with different answers to HEAD and GET."""
    return lambda visit: (head if visit.method == "HEAD" else get)(visit)


def in_turn(*acts) -> Act:
    """Return a behaviour that changes with each request; the last one stays."""
    left = list(acts)
    return lambda visit: (left.pop(0) if len(left) > 1 else left[0])(visit)


@dataclass
class Host:
    """A running host: its URL, its routes, and all requests it got."""

    url: str
    routes: dict[str, Act]
    seen: list[tuple[str, str, dict[str, str], float]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)
    clock: Callable[[], float] = lambda: 0.0

    def paths(self, method=None):
        """Return the paths of all requests, of one method if it is given."""
        return [path for verb, path, _, _ in self.seen if method in (None, verb)]

    def methods(self, path):
        """Return the methods of the requests for a path, in order."""
        return [verb for verb, seen, _, _ in self.seen if seen == path]

    @property
    def headers(self):
        """The headers of all requests, with lower-case names."""
        return [headers for _, _, headers, _ in self.seen]

    @property
    def times(self):
        """The times of all requests by the clock of the test."""
        return [at for _, _, _, at in self.seen]


@contextmanager
def serving(routes, clock=lambda: 0.0, *, is_secure=False):
    """Serve these routes until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer and its body are two writes, of which Nagle's algorithm delays the second.
        disable_nagle_algorithm = True

        def do_GET(self):
            path = self.path.partition("?")[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            with host.lock:
                host.seen.append((self.command, path, headers, host.clock()))
            try:
                host.routes.get(path, status(404))(Visit(self))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_HEAD = do_GET  # noqa: N815 (named by the standard library)

        def log_message(self, *arguments):
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """Print nothing: clients that reject the certificate end the connection."""

    server = Server(("127.0.0.1", 0), Handler)
    if is_secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PEM)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if is_secure else "http"
    host = Host(f"{scheme}://127.0.0.1:{server.server_address[1]}", dict(routes), clock=clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
