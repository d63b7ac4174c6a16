"""The subset of HTTP/1.1 that the measured clients use: content length, keep-alive, no chunks."""

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
    """Implementation of the import endpoints. `counts` is served under `/counts`."""

    counts: dict[str, float]

    def submit(self, body: bytes) -> bytes:
        """Start a job for the items of a request and return the answer."""
        ...

    def status(self, job_id: bytes) -> bytes:
        """Return the answer to a status request."""
        ...


class Connection(asyncio.Protocol):
    """One connection; answers each request as soon as it is complete."""

    def __init__(self, jobs: Jobs) -> None:
        """Answer requests with `jobs`."""
        self._jobs = jobs
        self._received = bytearray()
        self._body_start = 0
        self._request_end = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport for answers."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Process received bytes, which may be a part of a request or several requests."""
        self._received += data
        while self._is_complete():
            head = bytes(self._received[: self._body_start])
            body = bytes(self._received[self._body_start : self._request_end])
            del self._received[: self._request_end]
            self._request_end = 0
            self._transport.write(self._answer(head, body))

    def _is_complete(self) -> bool:
        if not self._request_end:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._body_start = end + 4
            length = LENGTH.search(self._received, 0, end)
            self._request_end = self._body_start + (int(length[1]) if length else 0)
            if self._received.find(EXPECTS, 0, end) >= 0:
                self._transport.write(CONTINUE)
        return len(self._received) >= self._request_end

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"POST "):
            self._jobs.counts["imports"] += 1
            answer = self._jobs.submit(body)
        elif match := JOB_ID.search(head):
            self._jobs.counts["statuses"] += 1
            answer = self._jobs.status(match[1])
        elif head.startswith(b"GET /counts "):
            answer = orjson.dumps(self._jobs.counts | {"cpuSeconds": _cpu_seconds()})
        else:
            return NOT_FOUND
        return OK % (len(answer), answer)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
