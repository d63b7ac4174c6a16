"""JSON of the API for jobs, results, entries and notifications."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any

from ld_import.emulator.kinds import KINDS, ImportKind
from ld_import.emulator.progress import fault_of, shown_state
from ld_import.emulator.records import Entry, ItemResult, Job
from ld_import.emulator.settings import Settings, is_from

# The key of a result's state before 2025-03.
_FORMER_KEY = "status"


def job_body(job: Job, settings: Settings, now: float) -> dict[str, Any]:
    """Return the answer to a status request."""
    state = shown_state(job, settings, now)
    if state == "lost":
        return lost_body(job.job_id)
    if state not in ("success", "failed"):
        started = datetime.fromtimestamp(job.created_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return {"finished": False, "state": state, "id": job.job_id, "startedAt": started}
    body: dict[str, Any] = {"finished": True, "state": state, "id": job.job_id}
    if job.results is not None:
        body[job.kind] = _result_list(job, job.results, settings)
    return body


def lost_body(job_id: str) -> dict[str, Any]:
    """Return the answer for an unknown job, which is never finished."""
    return {"finished": False, "state": "lost", "id": f'no import job found for id "{job_id}"'}


def entry_body(entry: Entry) -> dict[str, Any]:
    """Return the JSON of a media library entry."""
    pair = {"systemName": entry.system_name, "externalId": entry.external_id}
    return {
        "id": entry.media_id,
        "version": entry.version,
        **{name: value for name, value in pair.items() if value is not None},
        "mediaType": entry.media_type,
        "asset": entry.asset,
        "metadata": entry.metadata,
        "translations": entry.translations,
        "createdAt": _iso(entry.created_at),
        "updatedAt": _iso(entry.updated_at),
    }


def list_key(version: str) -> str:
    """Return the key of a list of entries, which changed in 2026-01."""
    return "results" if is_from(version, "2026-01") else "mediaLibraryEntries"


def notification_body(job: Job) -> dict[str, Any]:
    """Return the body of a notification: numbers of items by state, without the items."""
    states = ("imported", "skipped", "failed")
    counts = Counter(result.state for result in job.results or ())
    if job.results is None:
        counts["failed"] = len(job.items)
    body: dict[str, Any] = {
        "source": KINDS[job.kind].webhook_source,
        "id": job.job_id,
        "state": job.state,
        "overview": {"details": {state: counts[state] for state in states}},
    }
    return body if job.context is None else {**body, "context": job.context}


def _result_list(
    job: Job, results: tuple[ItemResult, ...], settings: Settings
) -> list[dict[str, Any]]:
    kind = KINDS[job.kind]
    shown = [_result_body(result, job, kind, settings) for result in results]
    if settings.order == "shuffled":
        Random(job.job_id).shuffle(shown)
    if missing := fault_of(job, "missing_items"):
        shown = shown[: -missing.count]
    if surplus := fault_of(job, "surplus_items"):
        unsent = [
            ItemResult(external_id=f"never-sent-{n}", title="", state="failed", reason=kind.failure)
            for n in range(1, surplus.count + 1)
        ]
        repeated = shown[: surplus.count]
        shown += [_result_body(result, job, kind, settings) for result in unsent] + repeated
    return shown


def _result_body(
    result: ItemResult, job: Job, kind: ImportKind, settings: Settings
) -> dict[str, Any]:
    key = _FORMER_KEY if settings.vocabulary == "status" else "state"
    is_success_word = result.state == "imported" and settings.vocabulary != "imported"
    body: dict[str, Any] = {key: "success" if is_success_word else result.state}
    if result.reason is not None:
        body["reason"] = result.reason
    if settings.vocabulary == "status":
        body["title"] = result.title
    body |= {"systemName": job.system_name, "externalId": result.external_id}
    if result.media_id is None:
        return body
    if kind.reference_at is None:
        return {**body, "mediaId": result.media_id}
    return {**body, kind.reference_at: _reference(result, kind)}


def _reference(result: ItemResult, kind: ImportKind) -> dict[str, Any]:
    reference: dict[str, Any] = {
        "mediaId": result.media_id,
        "originalUrl": result.asset_url,
        "mimeType": result.mime_type,
    }
    if kind.reference_extra:
        reference |= {"url": f"{result.asset_url}?auto=format", **kind.reference_extra}
    return reference


def _iso(moment: float) -> str:
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
