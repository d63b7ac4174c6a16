"""A server that runs jobs in order, with a modelled duration and a limit on parallel jobs."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

LOST = {"finished": False, "state": "lost", "id": "no import job found"}


@dataclass(slots=True)
class _Job:
    job_id: str
    request: dict[str, Any]
    is_finished: bool = False


@dataclass(slots=True)
class Modelled:
    """Runs up to `at_once` jobs at a time, each for `job_seconds` and `item_seconds` an item.

    The webhook of a request is notified when its job is finished. The count `spanSeconds` is the
    time from the first request to the last answer that reported a finished job.
    """

    job_seconds: float
    at_once: int
    item_seconds: float = 0.0
    counts: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(
            ("imports", "statuses", "items", "webhooks", "spanSeconds"), 0.0
        )
    )
    _jobs: dict[bytes, _Job] = field(default_factory=dict)
    _queue: deque[_Job] = field(default_factory=deque)
    _running: int = 0
    _started_at: float | None = None
    _deliveries: set[asyncio.Task[None]] = field(default_factory=set)

    def submit(self, body: bytes) -> bytes:
        """Queue a job and return the answer to its POST."""
        if self._started_at is None:
            self._started_at = asyncio.get_running_loop().time()
        job_id = f"j{len(self._jobs) + 1}"
        job = self._jobs[job_id.encode()] = _Job(job_id, orjson.loads(body))
        self.counts["items"] += len(job.request["videos"])
        self._queue.append(job)
        self._start_jobs()
        return orjson.dumps({"id": job_id})

    def status(self, job_id: bytes) -> bytes:
        """Return the status of a job."""
        job = self._jobs.get(job_id)
        if job is None:
            return orjson.dumps(LOST)
        if not job.is_finished:
            return orjson.dumps({"finished": False, "state": "started", "id": job.job_id})
        if self._started_at is not None:
            self.counts["spanSeconds"] = asyncio.get_running_loop().time() - self._started_at
        results = [
            {
                "systemName": job.request["systemName"],
                "externalId": item["id"],
                "state": "success",
                "video": {"mediaId": f"{job.job_id}-{index}"},
            }
            for index, item in enumerate(job.request["videos"])
        ]
        answer = {"finished": True, "state": "success", "id": job.job_id, "videos": results}
        return orjson.dumps(answer)

    def _start_jobs(self) -> None:
        while self._queue and self._running < self.at_once:
            self._running += 1
            job = self._queue.popleft()
            seconds = self.job_seconds + self.item_seconds * len(job.request["videos"])
            asyncio.get_running_loop().call_later(seconds, self._finish, job)

    def _finish(self, job: _Job) -> None:
        job.is_finished = True
        self._running -= 1
        self._start_jobs()
        if webhook := job.request.get("webhook"):
            delivery = asyncio.get_running_loop().create_task(self._notify(webhook, job))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)

    async def _notify(self, webhook: str, job: _Job) -> None:
        body = {
            "source": "livingdocs-video-import",
            "id": job.job_id,
            "state": "success",
            "overview": {"details": {"imported": len(job.request["videos"]), "failed": 0}},
        }
        if "context" in job.request:
            body["context"] = job.request["context"]
        self.counts["webhooks"] += 1
        await _post(webhook, orjson.dumps(body))


async def _post(url: str, body: bytes) -> None:
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await reader.readline()
    writer.close()
