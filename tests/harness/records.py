"""Records of manifests: valid and invalid videos, and images of the media library."""

from __future__ import annotations

from typing import Any


def video(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return the record of a valid video."""
    return {
        "id": f"v{number}",
        "url": f"https://films.example/{number}.mp4",
        "fileName": f"Film {number}",
        "metadata": {"title": f"Film {number}"},
        **fields,
    }


def videos(count: int) -> list[dict[str, Any]]:
    """Return this number of valid videos."""
    return [video(number) for number in range(1, count + 1)]


def broken(number: int = 1) -> dict[str, Any]:
    """Return the record of a video that cannot be imported."""
    return video(number, url="nowhere")


def image(number: int, title: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return the record of a valid media library image."""
    return {
        "externalId": f"v{number}",
        "mediaType": "image",
        "asset": {
            "key": f"legacy/{number}.jpg",
            "url": f"https://bucket.example/legacy/{number}.jpg",
            "size": 1000 + number,
            "width": 640,
            "height": 480,
            "filename": f"{number}.jpg",
            "mimeType": "image/jpeg",
        },
        "metadata": {"title": title or f"Picture {number}", "credit": "Archive"},
        **fields,
    }


def images(count: int) -> list[dict[str, Any]]:
    """Return this number of valid images."""
    return [image(number) for number in range(1, count + 1)]


def names(count: int) -> list[str]:
    """Return the externalIds of `videos` and `images`."""
    return [f"v{number}" for number in range(1, count + 1)]
