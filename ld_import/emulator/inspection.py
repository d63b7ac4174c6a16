"""Records of the server as dictionaries, for the inspection methods of the emulator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ld_import.emulator.records import Entry, Job, Revision


def entry_view(entry: Entry) -> dict[str, Any]:
    """Return an entry with its counters."""
    return {
        "id": entry.media_id,
        "systemName": entry.system_name,
        "externalId": entry.external_id,
        "kind": entry.kind,
        "mediaType": entry.media_type,
        "url": entry.url,
        "fileName": entry.file_name,
        "metadata": entry.metadata,
        "translations": entry.translations,
        "mimeType": entry.mime_type,
        "asset": entry.asset,
        "content": entry.content,
        "version": entry.version,
        "created": entry.created,
        "updated": entry.updated,
        "repeated": entry.repeated,
        "patched": entry.patched,
        "isRevoked": entry.is_revoked,
        "revokeNote": entry.revoke_note,
        "isArchived": entry.is_archived,
        "createdAt": entry.created_at,
        "updatedAt": entry.updated_at,
    }


def revision_view(revision: Revision) -> dict[str, Any]:
    """Return one version of an entry."""
    return {
        "version": revision.version,
        "cause": revision.cause,
        "patches": revision.patches,
        "metadata": revision.metadata,
        "translations": revision.translations,
        "asset": revision.asset,
        "url": revision.url,
        "fileName": revision.file_name,
        "mediaType": revision.media_type,
        "isRevoked": revision.is_revoked,
        "isArchived": revision.is_archived,
        "updatedAt": revision.updated_at,
    }


def job_view(job: Job) -> dict[str, Any]:
    """Return a job with its results."""
    results = None if job.results is None else [asdict(result) for result in job.results]
    return {
        "id": job.job_id,
        "kind": job.kind,
        "systemName": job.system_name,
        "items": job.items,
        "context": job.context,
        "webhook": job.webhook,
        "asked": job.asked,
        "state": job.state,
        "results": results,
        "createdAt": job.created_at,
        "readyAt": job.ready_at,
        "workedAt": job.worked_at,
    }
