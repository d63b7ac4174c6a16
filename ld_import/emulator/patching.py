"""A PATCH of an entry: applies all of its operations in order, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from ld_import.emulator.answers import Refusal
from ld_import.emulator.body_validation import check_asset
from ld_import.emulator.library_import import shown_asset
from ld_import.emulator.metadata_validation import refusal_of
from ld_import.emulator.project import Project
from ld_import.emulator.records import Entry
from ld_import.emulator.settings import Settings, is_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Patching:
    """Applies one PATCH. `version` is the version of the API."""

    settings: Settings
    project: Project
    version: str
    now: float

    def patched(self, entry: Entry, request: dict[str, Any]) -> Entry:
        """Return the next version of the entry, or refuse the whole request."""
        wanted = request.get("version", entry.version)
        if wanted not in (entry.version, str(entry.version)):
            raise _conflict(f"Version: Expected {entry.version} to be equal to {wanted}")
        changed = entry
        for index, patch in enumerate(request["patches"]):
            changed = self._apply(changed, patch, f"patches.{index}")
        is_preserved = request.get("preserveUpdatedAt", False)
        return replace(
            changed,
            version=entry.version + 1,
            patched=entry.patched + 1,
            updated_at=entry.updated_at if is_preserved else self.now,
        )

    def _apply(self, entry: Entry, patch: dict[str, Any], path: str) -> Entry:
        match patch["operation"]:
            case "setMetadataProperty":
                return self._with_property(entry, patch["propertyName"], patch.get("value"))
            case "replaceAsset":
                return self._with_asset(entry, patch["value"], path)
            case "removeAsset":
                return self._without_asset(entry, patch["locale"], path)
            case "revokeAsset":
                return self._revoked(entry, patch.get("note"))
            case "unrevokeAsset":
                return _unrevoked(entry)
            case _:
                return replace(entry, is_archived=True)

    def _with_property(self, entry: Entry, name: str, value: Any) -> Entry:
        changes = {} if value is None else {name: value}
        if problems := self.project.problems_of(entry.media_type, changes):
            raise Refusal(HTTPStatus.BAD_REQUEST, refusal_of(problems, self.settings))
        return with_metadata(entry, {name: value})

    def _with_asset(self, entry: Entry, asset: dict[str, Any], path: str) -> Entry:
        check_asset(asset, self.project.word_of_entry(entry), f"{path}.value")
        shown = shown_asset(asset)
        return replace(entry, asset=shown, url=shown["url"], mime_type=shown["mimeType"])

    def _without_asset(self, entry: Entry, locale: str, path: str) -> Entry:
        if locale == self.project.default_locale:
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                {f"{path}.locale": "is the default locale, its asset must stay"},
            )
        kept = [
            {name: value for name, value in translation.items() if name != "asset"}
            if translation["locale"] == locale
            else translation
            for translation in entry.translations
        ]
        return replace(entry, translations=kept)

    def _revoked(self, entry: Entry, note: str | None) -> Entry:
        if not entry.is_revoked:
            return replace(entry, is_revoked=True, revoke_note=note)
        # Versions with notes refuse a second revocation, which would overwrite the note.
        if is_from(self.version, "2026-01"):
            raise _conflict("The asset is revoked already")
        return entry


def with_metadata(entry: Entry, changes: Mapping[str, Any]) -> Entry:
    """Return the entry with these properties set; None removes a property."""
    kept = {name: value for name, value in entry.metadata.items() if name not in changes}
    added = {name: value for name, value in changes.items() if value is not None}
    return replace(entry, metadata=kept | added)


def _unrevoked(entry: Entry) -> Entry:
    if not entry.is_revoked:
        raise _conflict("The asset is not revoked")
    return replace(entry, is_revoked=False, revoke_note=None)


def _conflict(message: str) -> Refusal:
    return Refusal(HTTPStatus.CONFLICT, {"name": "Conflict", "message": message})
