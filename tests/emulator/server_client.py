"""Shared by the emulator tests: a manual clock, a client, and request bodies."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from ld_import.emulator import Emulator
from ld_import.emulator.transport import EmulatorTransport

VERSION = "2026-05"
MORNING = 1_790_000_000.0


class Clock:
    """A clock that advances only when a test sets it."""

    def __init__(self) -> None:
        """Start at MORNING."""
        self.moment = MORNING

    def __call__(self) -> float:
        """Return the current time."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Advance the clock without waiting."""
        self.moment += seconds


class ServerClient:
    """A synchronous client for an emulator."""

    def __init__(self, emulator: Emulator, *, token: str | None = "demo-token") -> None:
        """Send this token, or none."""
        self.emulator = emulator
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; a path without a leading slash is relative to the default version."""
        full_path = path if path.startswith("/") else f"/api/{VERSION}/{path}"
        return asyncio.run(self._request(method, full_path, **options))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        options["headers"] = self.headers | options.get("headers", {})
        transport = EmulatorTransport(self.emulator)
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
            return await client.request(method, path, **options)

    def submit(self, *items: dict[str, Any], kind: str = "videos", **members: Any) -> str:
        """Post a batch, assert that it is accepted, and return the job's id."""
        answer = self.request("POST", f"import/{kind}", json=batch(*items, kind=kind, **members))
        assert answer.status_code == 200, answer.text
        job_id: str = answer.json()["id"]
        return job_id

    def status(self, job_id: str, kind: str = "videos") -> dict[str, Any]:
        """Request the status of a job once."""
        answer = self.request("GET", f"import/{kind}/status", params={"id": job_id})
        body: dict[str, Any] = answer.json()
        return body

    def finish(self, job_id: str, kind: str = "videos") -> dict[str, Any]:
        """Poll until a job is finished or lost."""
        for _ in range(20):
            body = self.status(job_id, kind)
            if body["finished"] or body["state"] == "lost":
                return body
        raise AssertionError(f"job {job_id} is not finished: {body}")

    def look_up(self, external_id: str, system_name: str = "old-dam") -> list[dict[str, Any]]:
        """Look up a pair in the media library."""
        query = {"externalId": external_id, "systemName": system_name}
        answer = self.request("GET", "mediaLibrary", params=query)
        assert answer.status_code == 200, answer.text
        entries: list[dict[str, Any]] = answer.json()["results"]
        return entries

    def import_entries(
        self, *entries: dict[str, Any], version: str = VERSION
    ) -> list[dict[str, Any]]:
        """Post entries to the media library, and assert that the request is accepted."""
        answer = self.request("POST", f"/api/{version}/import/mediaLibrary", json=library(*entries))
        assert answer.status_code == 200, answer.text
        (results,) = answer.json().values()
        listed: list[dict[str, Any]] = results
        return listed

    def patch(
        self, media_id: str, *patches: dict[str, Any], api: str = VERSION, **members: Any
    ) -> httpx.Response:
        """Send a PATCH for an entry."""
        body = {"patches": list(patches), **members}
        return self.request("PATCH", f"/api/{api}/mediaLibrary/{media_id}", json=body)

    def read(self, media_id: str) -> dict[str, Any]:
        """Read an entry, and assert that it exists."""
        answer = self.request("GET", f"mediaLibrary/{media_id}")
        assert answer.status_code == 200, answer.text
        entry: dict[str, Any] = answer.json()
        return entry


# Members that each media type requires of its assets besides key, url and size.
_ASSETS: dict[str, dict[str, Any]] = {
    "image": {"width": 640, "height": 427, "filename": "a.jpg", "mimeType": "image/jpeg"},
    "video": {
        "width": 1280,
        "height": 720,
        "duration": 35.24,
        "filename": "a.mp4",
        "mimeType": "video/mp4",
    },
    "file": {"filename": "a.pdf", "mimeType": "application/pdf"},
}


def asset(media_type: str = "image", **members: Any) -> dict[str, Any]:
    """Return an asset with exactly the members that its media type requires."""
    required = _ASSETS[media_type]
    key = f"2026/09/21/{required['filename']}"
    common = {"key": key, "url": f"https://bucket.example/{key}", "size": 34910}
    return {**common, **required, **members}


def library_entry(
    media_id: str = "one", media_type: str = "image", **members: Any
) -> dict[str, Any]:
    """Return a valid entry for the media library; None omits a member."""
    entry = {
        "id": media_id,
        "systemName": "old-dam",
        "externalId": f"ext-{media_id}",
        "mediaType": media_type,
        "asset": asset(media_type),
        "metadata": {"title": f"Title of {media_id}"},
        **members,
    }
    return {name: value for name, value in entry.items() if value is not None}


def library(*entries: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a POST to the media library."""
    return {"mediaLibraryEntries": list(entries)}


def video(external_id: str = "v-1", **members: Any) -> dict[str, Any]:
    """Return a valid item."""
    return {
        "id": external_id,
        "url": f"https://media.example/{external_id}.mp4",
        "fileName": f"Title of {external_id}",
        "metadata": {"credit": "Ann"},
        **members,
    }


def batch(*items: dict[str, Any], kind: str = "videos", **members: Any) -> dict[str, Any]:
    """Return the body of a POST to an asynchronous import."""
    return {"systemName": "old-dam", kind: list(items), **members}


def states(body: dict[str, Any], key: str = "state") -> list[str]:
    """Return the item states of a finished job."""
    return [item[key] for item in body["videos"]]
