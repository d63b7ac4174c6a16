"""An HTTP or HTTPS server of files with scripted faults, in a thread of the test process.

    url = http_source.serve("/a.jpg", body, etag='"1"', drop_after=1000, drops=2)
    ...
    assert http_source.request_count("/a.jpg") == 3

It runs on loopback only. `Served` lists what a path can do.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any, cast

BLOCK_BYTES = 1 << 16
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# The address under which clouds hand credentials to their machines.
METADATA_URL = "http://169.254.169.254/latest/meta-data/"
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A path of the server: its content, and its faults.

    `versions` are the bodies that successive requests receive, the last one from then on; a file
    is read in blocks. `statuses` answer the first requests, and with `is_failing` the last one
    answers all further requests. The connection is closed after `drop_after` bytes of a body,
    in the first `drops` bodies or in all (`None`). `length_error` is added to Content-Length.
    `pause_seconds` passes before each block of `block_bytes`. A request without `authorization`
    gets 401.
    """

    versions: Sequence[bytes | Path] = (b"",)
    content_type: str | None = "application/octet-stream"
    # Without one it is computed from the body; empty: no header.
    etag: str | None = None
    last_modified: str | None = None
    has_ranges: bool = True
    statuses: Sequence[int] = ()
    is_failing: bool = False
    redirect: str | None = None
    drop_after: int | None = None
    drops: int | None = None
    length_error: int = 0
    is_chunked: bool = False
    is_gzip: bool = False
    pause_seconds: float = 0.0
    block_bytes: int = BLOCK_BYTES
    authorization: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that arrived; the names of its headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def range(self) -> str | None:
        """The value of its Range header."""
        return self.headers.get("range")


class HttpSource:
    """The running server. `requests` and `bytes_sent` count, by path, since the start."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of loopback; with a context, for TLS."""
        self.requests: list[Request] = []
        self.bytes_sent: Counter[str] = Counter()
        self._served: dict[str, Served] = {}
        self._bodies: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(self, context)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def serve(self, path: str, *bodies: bytes | Path, **behaviour: Any) -> str:
        """Serve a path, which begins with a slash, and return its URL."""
        self._served[path] = Served(versions=bodies or (b"",), **behaviour)
        return self.url + path

    def serve_folder(self, folder: Path, prefix: str = "/", **behaviour: Any) -> None:
        """Serve all files of a folder."""
        for path in folder.rglob("*"):
            if path.is_file():
                self.serve(prefix + path.relative_to(folder).as_posix(), path, **behaviour)

    def serve_login(self, path: str = "/login") -> str:
        """Serve a login page, as hosts answer with status 200 where a session is missing."""
        return self.serve(path, LOGIN_PAGE, content_type="text/html; charset=utf-8")

    def request_count(self, path: str | None = None, method: str | None = None) -> int:
        """Return the number of requests, of one path or method where they are given."""
        return sum(
            path in (None, request.path) and method in (None, request.method)
            for request in self.requests
        )

    def close(self) -> None:
        """Stop, also in the middle of answers."""
        self._server.stop()

    def _found(self, request: Request) -> tuple[Served | None, int | None, int]:
        """Count a request; return its path, the status that was scripted, and its number."""
        with self._lock:
            served = self._served.get(request.path)
            number = self.request_count(request.path)
            self.requests.append(request)
        if served is None:
            return None, HTTPStatus.NOT_FOUND, number
        if served.authorization not in (None, request.headers.get("authorization")):
            return served, HTTPStatus.UNAUTHORIZED, number
        if number < len(served.statuses):
            return served, served.statuses[number], number
        if served.is_failing:
            return served, served.statuses[-1], number
        return served, None, number - len(served.statuses)

    def _drop_after(self, path: str, served: Served) -> int | None:
        with self._lock:
            self._bodies[path] += 1
            number = self._bodies[path]
        if served.drops is not None and number > served.drops:
            return None
        return served.drop_after

    def _count_bytes(self, path: str, number: int) -> None:
        with self._lock:
            self.bytes_sent[path] += number


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, source: HttpSource, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.source = source
        self.context = context
        self.is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        # Unlike `serve_forever` it ends at once, without polling.
        while True:
            try:
                connection, address = self.socket.accept()
            except OSError:
                return
            self.process_request(connection, address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is None:
            super().finish_request(request, client_address)
            return
        # A client that refuses the certificate ends the handshake.
        with suppress(OSError), self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be silent: clients may leave in the middle of an answer."""

    def stop(self) -> None:
        self.is_stopping.set()
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)
        self._thread.join()
        self.server_close()


class _Body:
    """The bytes of a body, in memory or in a file."""

    def __init__(self, content: bytes | Path, is_gzip: bool) -> None:
        if is_gzip:
            plain = content if isinstance(content, bytes) else content.read_bytes()
            content = gzip.compress(plain)
        self._content = content
        self.size = len(content) if isinstance(content, bytes) else content.stat().st_size

    def etag(self) -> str:
        if isinstance(self._content, bytes):
            return f'"{hashlib.sha256(self._content).hexdigest()[:32]}"'
        status = self._content.stat()
        return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'

    def blocks(self, start: int, end: int, block_bytes: int) -> Iterator[bytes]:
        if isinstance(self._content, bytes):
            for at in range(start, end, block_bytes):
                yield self._content[at : min(at + block_bytes, end)]
            return
        with self._content.open("rb") as file:
            file.seek(start)
            while start < end:
                block = file.read(min(block_bytes, end - start))
                start += len(block)
                yield block


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer and its first bytes are two writes, of which Nagle's algorithm delays the second.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers)
        served, status, number = self._source._found(request)
        if status is not None or served is None:
            self._refuse(HTTPStatus(status or HTTPStatus.NOT_FOUND))
        elif served.redirect is not None:
            self._head(HTTPStatus.FOUND, {"Location": served.redirect, "Content-Length": "0"})
        else:
            content = served.versions[min(number, len(served.versions) - 1)]
            self._answer(request, served, _Body(content, served.is_gzip))

    do_HEAD = do_GET  # noqa: N815 (named by the standard library)

    @property
    def _source(self) -> HttpSource:
        return cast(_Server, self.server).source

    def _answer(self, request: Request, served: Served, body: _Body) -> None:
        etag = body.etag() if served.etag is None else served.etag
        headers = {
            "Content-Type": served.content_type,
            "ETag": etag,
            "Last-Modified": served.last_modified,
            "Accept-Ranges": "bytes" if served.has_ranges else None,
            "Content-Encoding": "gzip" if served.is_gzip else None,
            **served.headers,
        }
        sent = {name: value for name, value in headers.items() if value}
        if request.headers.get("if-match", etag) not in (etag, "*"):
            self._refuse(HTTPStatus.PRECONDITION_FAILED)
        elif etag and request.headers.get("if-none-match") == etag:
            self._head(HTTPStatus.NOT_MODIFIED, sent)
        else:
            self._send_part(request, served, body, sent)

    def _send_part(
        self, request: Request, served: Served, body: _Body, headers: dict[str, str]
    ) -> None:
        start, end, status = 0, body.size, HTTPStatus.OK
        asked = _range(request.range, body.size) if served.has_ranges else None
        if asked is not None and request.headers.get("if-range", headers.get("ETag")) == (
            headers.get("ETag")
        ):
            start, end = asked
            if start >= end:
                whole = {"Content-Range": f"bytes */{body.size}"}
                self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, whole)
                return
            status = HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{body.size}"
        if served.is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(end - start + served.length_error)
        self._head(status, headers)
        if self.command == "GET":
            self._send_body(request.path, served, body.blocks(start, end, served.block_bytes))

    def _send_body(self, path: str, served: Served, blocks: Iterator[bytes]) -> None:
        left = self._source._drop_after(path, served)
        for block in blocks:
            if served.pause_seconds and self._is_stopped(served.pause_seconds):
                self._drop()
                return
            piece = block if left is None else block[:left]
            self._write(path, piece, served.is_chunked)
            if left is not None:
                left -= len(piece)
                if left == 0:
                    self._drop()
                    return
        if served.is_chunked:
            self.wfile.write(b"0\r\n\r\n")
        if served.length_error:
            self._drop()

    def _write(self, path: str, piece: bytes, is_chunked: bool) -> None:
        if not piece:
            return
        framed = b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece
        # Before they are sent: the client may read the count as soon as it has the last byte.
        self._source._count_bytes(path, len(piece))
        self.wfile.write(framed)

    def _is_stopped(self, seconds: float) -> bool:
        return cast(_Server, self.server).is_stopping.wait(seconds)

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(SHUT_RDWR)

    def _refuse(self, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> None:
        text = f"<html><body>{status} {status.phrase}</body></html>".encode()
        described = {"Content-Type": "text/html", "Content-Length": str(len(text))}
        self._head(status, described | dict(headers or {}))
        if self.command == "GET":
            self.wfile.write(text)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Be silent."""


def _range(text: str | None, size: int) -> tuple[int, int] | None:
    """Return the first and the end byte of a single range; `None` if the whole body is asked."""
    match = RANGE.fullmatch(text or "")
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size


@contextmanager
def running_source(context: ssl.SSLContext | None = None) -> Iterator[HttpSource]:
    """Yield a running server without paths."""
    source = HttpSource(context)
    try:
        yield source
    finally:
        source.close()
