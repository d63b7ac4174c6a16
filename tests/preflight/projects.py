"""Projects and checks of entries against them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ld_import.preflight import ProjectCheck, project_from

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def answer_of(*properties: dict[str, Any], **media_type: Any) -> dict[str, Any]:
    """Return the answer of a server whose project has a type of videos and one of images."""
    video = {"type": "mediaVideo", "handle": "video", "metadata": list(properties), **media_type}
    image = {"type": "mediaImage", "handle": "image", "metadata": []}
    languages = {
        "available": [{"locale": "de"}, {"locale": "fr"}],
        "defaultLanguage": {"locale": "de"},
    }
    profiles = {"enabled": True, "profiles": [{"handle": "own"}]}
    return {
        "$baseRevision": 17,
        "settings": {"handle": "town-news", "languages": languages},
        "mediaTypes": [video, image],
        "mediaCenter": {"licenseProfiles": profiles},
    }


def prop(handle: str, plugin: str, **config: Any) -> dict[str, Any]:
    """Return a property of a media type."""
    return {"handle": handle, "type": plugin, "config": config}


def check_of(*properties: dict[str, Any], kind: str = "videos", **media_type: Any) -> ProjectCheck:
    """Return the check of entries of a kind against such a project."""
    project = project_from(answer_of(*properties, **media_type))
    assert project is not None
    return ProjectCheck(project, kind, NOW)


def found(check: ProjectCheck, metadata: dict[str, Any], **fields: Any) -> list[tuple[str, str]]:
    """Return rule and field of each fault of an entry."""
    faults = check.faults({"metadata": metadata, **fields})
    return [(fault.rule.value, fault.field) for fault in faults]
