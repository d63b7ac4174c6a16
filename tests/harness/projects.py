"""Project configurations for the emulator."""

from __future__ import annotations

from typing import Any

DEFAULT_TYPES = {"image": "mediaImage", "video": "mediaVideo", "file": "mediaFile"}


def project_config(**plugins: str) -> dict[str, Any]:
    """Return a project whose default media types have these properties (handle → plugin)."""
    metadata = [{"handle": name, "type": plugin, "config": {}} for name, plugin in plugins.items()]
    return {
        "settings": {"handle": "town-news"},
        "mediaTypes": [
            media_type(handle, kind, metadata) for handle, kind in DEFAULT_TYPES.items()
        ],
    }


def media_type(handle: str, kind: str, metadata: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a media type; `kind` is `mediaImage`, `mediaVideo` or `mediaFile`."""
    return {"type": kind, "handle": handle, "info": {"label": handle}, "metadata": metadata}
