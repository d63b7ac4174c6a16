"""The synchronous import: each entry is added to the media library, or rejected with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ld_import.emulator.job_runner import pair_archived, pair_taken
from ld_import.emulator.kinds import LIBRARY
from ld_import.emulator.metadata_validation import Problem, refusal_of
from ld_import.emulator.project import Project
from ld_import.emulator.records import Entry
from ld_import.emulator.settings import Settings
from ld_import.emulator.store import Store
from ld_import.emulator.wire import entry_body

# The members of an asset that the library stores and returns.
_ASSET_MEMBERS = ("key", "url", "width", "height", "size", "duration", "mimeType", "filename")


@dataclass(frozen=True, slots=True)
class Rejection:
    """The reason why an entry is rejected."""

    status: int
    error: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryImport:
    """Imports the entries of one request at the time `now`."""

    store: Store
    settings: Settings
    project: Project
    now: float
    new_media_id: Callable[[], str]

    def run(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Import the entries in order and return the result of each."""
        return [self._import(index, entry) for index, entry in enumerate(entries)]

    def _import(self, index: int, given: dict[str, Any]) -> dict[str, Any]:
        rejection = self._rejection_of(given)
        if rejection:
            return _refused(_correlation(index, given), rejection)
        entry = self._entry_from(given)
        self.store.keep_version(entry, "import")
        record = {} if self.settings.record_empty else entry_body(entry)
        return {"ok": True, "status": HTTPStatus.OK, "id": entry.media_id, "record": record}

    def _rejection_of(self, given: dict[str, Any]) -> Rejection | None:
        if "externalId" in given and not given.get("systemName"):
            message = "An asset with an externalId also requires a systemName"
            return Rejection(HTTPStatus.BAD_REQUEST, "ValidationError", {"message": message})
        if problem := self.project.problem_of_type(given["mediaType"]):
            return Rejection(HTTPStatus.BAD_REQUEST, "ValidationError", {"message": problem})
        if problems := self._metadata_problems(given):
            is_old = self.settings.old_metadata_errors
            error = "MetadataValidationErrors" if is_old else "ValidationError"
            return Rejection(HTTPStatus.BAD_REQUEST, error, refusal_of(problems, self.settings))
        if "id" in given and self.store.entry(given["id"]):
            return _conflict(f"id is not unique: '{given['id']}'")
        return self._rejection_of_pair(given) if "externalId" in given else None

    def _metadata_problems(self, given: dict[str, Any]) -> list[Problem]:
        media_type = given["mediaType"]
        problems = self.project.problems_of(media_type, given.get("metadata", {}))
        for translation in given.get("translations", ()):
            locale = {"translationLocale": translation["locale"]}
            translated = self.project.problems_of(media_type, translation["metadata"])
            problems += [problem | locale for problem in translated]
        return problems

    def _rejection_of_pair(self, given: dict[str, Any]) -> Rejection | None:
        known = self.store.entry_of_pair(given["systemName"], given["externalId"])
        if known is None:
            return None
        message = pair_archived(known) if known.is_archived else pair_taken(known)
        members = {"mediaId": known.media_id} if self.settings.conflict_names_media else {}
        return _conflict(message, **members)

    def _entry_from(self, given: dict[str, Any]) -> Entry:
        asset = shown_asset(given["asset"])
        return Entry(
            media_id=given.get("id") or self.new_media_id(),
            system_name=given.get("systemName"),
            external_id=given.get("externalId"),
            kind=LIBRARY,
            media_type=given["mediaType"],
            url=asset["url"],
            file_name="",
            metadata=given.get("metadata", {}),
            translations=given.get("translations", []),
            mime_type=asset["mimeType"],
            asset=asset,
            content=given,
            created_at=self.now,
            updated_at=self.now,
        )


def shown_asset(asset: dict[str, Any]) -> dict[str, Any]:
    """Return an asset as the library shows it."""
    return {name: asset[name] for name in _ASSET_MEMBERS if name in asset}


def _correlation(index: int, given: dict[str, Any]) -> str:
    key = next((name for name in ("id", "externalId") if name in given), None)
    return f"{key}: {given[key]}" if key else f"index: {index}"


def _conflict(message: str, **members: str) -> Rejection:
    return Rejection(HTTPStatus.CONFLICT, "UniqueIdViolation", {"message": message, **members})


def _refused(correlation: str, rejection: Rejection) -> dict[str, Any]:
    return {
        "ok": False,
        "correlation": correlation,
        "status": rejection.status,
        "error": rejection.error,
        "error_details": rejection.details,
    }
