"""A careless server, whose answers repeat everything it was sent, headers included."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

COOKIE = "session=PLANTED-cookie; theme=dark"
LISTS = {"mediaLibrary": "mediaLibraryEntries"}


class Careless(ThreadingHTTPServer):
    """Answers import requests with `status`; with 200 all items fail, for long reasons.

    The first `troubles` requests are answered with 503; an import would then wait for look-ups.
    `words` are added to every answer.
    """

    daemon_threads = True
    status = 200
    troubles = 0
    words = ""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.bodies: list[dict[str, Any]] = []

    @property
    def url(self):
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Careless

    def do_POST(self):
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        if self.server.status != 200:
            self._say(self.server.status, self._refusal())
        elif self.path.endswith("mediaLibrary"):
            self._say(200, {"results": [self._failed(one) for one in self._items()]})
        else:
            self._say(200, {"id": "job1"})

    def do_GET(self):
        if "/status" not in self.path or self._is_in_trouble():
            self._say(503 if "/status" in self.path else 404, self._refusal())
            return
        name = self.path.split("/")[4]
        listed = [self._failed(one) for one in self._items()]
        self._say(200, {"id": "job1", "state": "failed", "finished": True, name: listed})

    def _is_in_trouble(self):
        is_in_trouble = self.server.troubles > 0
        self.server.troubles -= is_in_trouble
        return is_in_trouble

    def _items(self):
        body = self.server.bodies[-1]
        return next(value for value in body.values() if isinstance(value, list))

    def _failed(self, item):
        said = f"cannot fetch {orjson.dumps(item).decode()} {self._echo()}"
        return {
            "externalId": item.get("externalId", item.get("id")),
            "state": "failed",
            "reason": said,
            "ok": False,
            "status": 422,
            "error": "Unprocessable",
            "error_details": {"message": said},
        }

    def _refusal(self):
        return {"error": "No way", "error_details": {"message": self._echo(), "url": self.path}}

    def _echo(self):
        bare = self.headers["Authorization"].removeprefix("Bearer ")
        webhook = self.server.bodies[-1].get("webhook") if self.server.bodies else None
        return (
            f"{dict(self.headers)} {bare} Cookie: {COOKIE} and {webhook}"
            f" X-Api-Key: PLANTED-key https://s.example/?sig=PLANTED-sig&id=7 {bare * 9}"
            f"{self.server.words}"
        )

    def _say(self, status, document):
        content = orjson.dumps(document)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", COOKIE)
        self.send_header("Retry-After", "0")
        if 300 <= status < 400:
            self.send_header("Location", "https://u:PLANTED-user@x.example/?token=PLANTED-location")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        """Stay silent."""


@contextmanager
def careless_server() -> Iterator[Careless]:
    """Serve while the block runs."""
    with Careless() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
