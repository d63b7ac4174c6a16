"""Rows of a ledger, as an export reads them."""

from __future__ import annotations

from typing import Any

IMAGE_URL = "https://cdn.example/2026/1.jpg"


def image_row(**changes: Any) -> dict[str, Any]:
    """Return the row of a complete image."""
    return {
        "server": "https://server.example",
        "project": "",
        "kind": "images",
        "systemName": "archive",
        "externalId": "p1",
        "state": "success",
        "reason": None,
        "mediaId": "m1",
        "url": "http://old.example/1.jpg",
        "fileName": "One",
        "jobId": "j1",
        "attempts": 1,
        "manifest": "/m.yaml",
        "line": 1,
        "firstSeenAt": "2026-11-21T01:00:00Z",
        "updatedAt": "2026-11-21T01:00:00Z",
        "originalUrl": IMAGE_URL,
        "mimeType": "image/jpeg",
        "width": 640,
        "height": 480,
        "duration": None,
        "size": 1000,
        "key": "2026/1.jpg",
        **changes,
    }


def video_row(**changes: Any) -> dict[str, Any]:
    """Return the row of a complete video."""
    video = {"kind": "videos", "mimeType": "video/mp4", "duration": 12.5}
    return image_row(**{**video, **changes})
