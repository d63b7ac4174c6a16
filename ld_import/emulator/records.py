"""What the server remembers: jobs and media library entries, as they lie in its store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ItemResult:
    """How one item ended; `state` is `imported`, `skipped`, `failed` or a scripted word."""

    external_id: str
    title: str
    state: str
    reason: str | None = None
    media_id: str | None = None
    asset_url: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An import job.

    `asked` counts its status questions. `worked_at` is `None` until its items are in the library;
    `state` and `results` are known from then on.
    """

    job_id: str
    kind: str
    system_name: str
    items: list[dict[str, Any]]
    context: dict[str, Any] | None
    webhook: str | None
    faults: list[dict[str, Any]]
    created_at: float
    ready_at: float
    asked: int = 0
    worked_at: float | None = None
    state: str | None = None
    results: tuple[ItemResult, ...] | None = None
    is_notified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A media library entry.

    `created` counts how often its pair was created (once, or the server is broken), `updated` how
    often its content was replaced, `repeated` how often an import of it was skipped. `content` is
    the request's item as it was received last, apart from skipped repeats.
    """

    media_id: str
    system_name: str
    external_id: str
    kind: str
    media_type: str
    url: str
    file_name: str
    metadata: dict[str, Any]
    mime_type: str
    asset_key: str
    content: dict[str, Any]
    version: int = 1
    created: int = 1
    updated: int = 0
    repeated: int = 0
    created_at: float
    updated_at: float
