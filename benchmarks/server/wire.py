"""Just enough HTTP/1.1 for the clients measured here: lengths, keep-alive, no chunks."""

from __future__ import annotations

import asyncio
import re
import resource
from typing import Protocol

import orjson

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
JOB_ID = re.compile(rb"/status\?id=([^ &]+)")
EXPECTS = b"100-continue"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class Jobs(Protocol):
    """What becomes of import requests; `counts` are told to who asks for them."""

    counts: dict[str, float]

    def take(self, body: bytes) -> bytes:
        """Begin a job of the items in a request; return the answer."""
        ...

    def tell(self, job_id: bytes) -> bytes:
        """Return the answer about a job."""
        ...


class Connection(asyncio.Protocol):
    """One client, whose requests are answered as soon as they are complete."""

    def __init__(self, jobs: Jobs) -> None:
        """Hand in what answers."""
        self._jobs = jobs
        self._received = bytearray()
        self._body_at = 0
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request, or several requests."""
        self._received += data
        while self._is_complete():
            head = bytes(self._received[: self._body_at])
            body = bytes(self._received[self._body_at : self._wanted])
            del self._received[: self._wanted]
            self._wanted = 0
            self._transport.write(self._answer(head, body))

    def _is_complete(self) -> bool:
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._body_at = end + 4
            length = LENGTH.search(self._received, 0, end)
            self._wanted = self._body_at + (int(length[1]) if length else 0)
            if self._received.find(EXPECTS, 0, end) >= 0:
                self._transport.write(CONTINUE)
        return len(self._received) >= self._wanted

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"POST "):
            self._jobs.counts["imports"] += 1
            told = self._jobs.take(body)
        elif asked := JOB_ID.search(head):
            self._jobs.counts["statuses"] += 1
            told = self._jobs.tell(asked[1])
        elif head.startswith(b"GET /counts "):
            told = orjson.dumps(self._jobs.counts | {"cpuSeconds": _cpu_seconds()})
        else:
            return NOT_FOUND
        return OK % (len(told), told)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
