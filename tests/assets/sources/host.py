"""A web host on loopback whose answers a test scripts; it keeps the requests."""

from __future__ import annotations

import re
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTENT = bytes(range(256)) * 400
MODIFIED = "Sat, 21 Nov 2026 01:00:00 GMT"


@dataclass
class Host:
    """`answer` gets each request; `requests` are `(method, path, headers)` in their order.

    `peers` are the addresses of the clients, one for each connection.
    """

    url: str = ""
    answer: Any = None
    requests: list[Any] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)

    @property
    def methods(self):
        return [method for method, _, _ in self.requests]


class Request(BaseHTTPRequestHandler):
    """A request with the means to answer it."""

    protocol_version = "HTTP/1.1"
    # An answer and its body are two writes, of which Nagle's algorithm delays the second.
    disable_nagle_algorithm = True
    host: Host

    def do_GET(self):
        self.host.requests.append((self.command, self.path, dict(self.headers)))
        self.host.peers.add((self.client_address[1], self.client_address[0]))
        self.host.answer(self)

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, *args):
        """Print nothing."""

    @property
    def count(self):
        """The number of requests so far."""
        return len(self.host.requests)

    def start(self):
        """Return the first requested byte; `None` if no range was requested."""
        found = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(found[1]) if found else None

    def send(self, status=200, body=b"", *, cut=None, **headers):
        """Send an answer; after `cut` bytes of the body the connection is closed."""
        self.send_response(status)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def send_file(self, content=CONTENT, *, cut=None, etag='"v1"', **headers):
        """Send a file or the requested part of it."""
        found = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found is None or self.headers.get("If-Range", etag) != etag:
            return self.send(200, content, cut=cut, ETag=etag, **headers)
        first = int(found[1])
        if first >= len(content):
            return self.send(416, Content_Range=f"bytes */{len(content)}")
        part = content[first : int(found[2]) + 1 if found[2] else None]
        stated = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        return self.send(206, part, cut=cut, ETag=etag, Content_Range=stated, **headers)


class Server(ThreadingHTTPServer):
    """A server that expects clients to hang up, and many of them at once."""

    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Print nothing."""


@contextmanager
def running_host(answer=Request.send_file, *, certificate=None):
    """Serve until the block ends, with TLS if there is a certificate."""
    host = Host(answer=answer)
    server = Server(("127.0.0.1", 0), type("Handler", (Request,), {"host": host}))
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    host.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
