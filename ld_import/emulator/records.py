"""Records of the store: jobs, media library entries and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Result of an item. `state` is `imported`, `skipped`, `failed` or a scripted value."""

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

    `asked` counts status requests. `worked_at` is None until the items are in the library; `state`
    and `results` are set from then on.
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

    `kind` is the import that wrote it last. `created` counts how often the pair was created (more
    than once would be a bug), `updated` how often an import replaced its content, `repeated` how
    often an import of it was skipped, `patched` its accepted PATCHes. `content` is the item of the
    last request that was not skipped.
    """

    media_id: str
    system_name: str | None
    external_id: str | None
    kind: str
    media_type: str
    url: str
    file_name: str
    metadata: dict[str, Any]
    translations: list[dict[str, Any]] = field(default_factory=list)
    mime_type: str
    asset: dict[str, Any]
    content: dict[str, Any]
    version: int = 1
    created: int = 1
    updated: int = 0
    repeated: int = 0
    patched: int = 0
    is_revoked: bool = False
    revoke_note: str | None = None
    is_archived: bool = False
    created_at: float
    updated_at: float


Cause = Literal["import", "patch", "edit", "archive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of an entry, and what caused it."""

    media_id: str
    version: int
    cause: Cause
    patches: list[dict[str, Any]]
    metadata: dict[str, Any]
    translations: list[dict[str, Any]]
    asset: dict[str, Any]
    url: str
    file_name: str
    media_type: str
    is_revoked: bool
    is_archived: bool
    updated_at: float


def revision_of(entry: Entry, cause: Cause, patches: Sequence[dict[str, Any]]) -> Revision:
    """Return the current version of an entry as a revision."""
    return Revision(
        media_id=entry.media_id,
        version=entry.version,
        cause=cause,
        patches=list(patches),
        metadata=entry.metadata,
        translations=entry.translations,
        asset=entry.asset,
        url=entry.url,
        file_name=entry.file_name,
        media_type=entry.media_type,
        is_revoked=entry.is_revoked,
        is_archived=entry.is_archived,
        updated_at=entry.updated_at,
    )
