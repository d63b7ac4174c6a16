"""The configuration of a project as a value, read from the answer of `GET projectConfig`.

An unknown or damaged part of the answer is omitted: it must not prevent an import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Kind of import → type of its media, and the handle that an entry without `mediaType` gets.
MEDIA_TYPES = {
    "videos": ("mediaVideo", "video"),
    "images": ("mediaImage", "image"),
    "files": ("mediaFile", "file"),
}
# The import of entries of every kind.
LIBRARY = "media-library"
# Type of media → the handle that each project has for it.
DEFAULT_HANDLES = dict(MEDIA_TYPES.values())
# A project without configured media types has one of each kind, with these properties.
DEFAULT_PROPERTIES = ("title", "caption", "source", "description")


DATE_TYPES = frozenset({"li-date", "li-datetime", "li-system-datetime"})


@dataclass(frozen=True, slots=True)
class Property:
    """A metadata property: its handle, its plugin (`li-text`) and the plugin's configuration."""

    handle: str
    type: str
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_required(self) -> bool:
        """Whether an editor has to fill it in; an import does not have to."""
        return self.config.get("required") is True

    @property
    def is_translatable(self) -> bool:
        """Whether translations of an entry may have this property."""
        return self.config.get("translatable") is True


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type. `type` is `mediaImage`, `mediaVideo` or `mediaFile`; `handle` is free.

    `are_properties_known` is False if the answer did not list the properties.
    """

    handle: str
    type: str
    properties: Mapping[str, Property]
    label: str = ""
    is_asset_translatable: bool = False
    is_asset_replaceable: bool = False
    has_deletion_routine: bool = False
    are_properties_known: bool = True

    def is_of(self, kind: str) -> bool:
        """Whether entries of this kind of import may have it; True for an unknown `type`."""
        wanted = MEDIA_TYPES.get(kind)
        return wanted is None or self.type in ("", wanted[0])


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """A project: its media types by handle, and its languages.

    `revision` changes with each change of the configuration. `default_locale` is `None` and
    `locales` is empty if the project has one language only. `license_profiles` are the handles of
    the profiles, empty if they are not enabled.
    """

    handle: str
    revision: str
    media_types: Mapping[str, MediaType]
    locales: tuple[str, ...] = ()
    default_locale: str | None = None
    license_profiles: tuple[str, ...] = ()

    def types_of(self, kind: str) -> tuple[MediaType, ...]:
        """Return the media types that entries of this kind of import may have."""
        return tuple(part for part in self.media_types.values() if part.is_of(kind))

    def date_fields(self, kind: str) -> frozenset[str]:
        """Return the handles of the date properties that entries of a kind may have."""
        return frozenset(
            handle
            for media_type in self.types_of(kind)
            for handle, part in media_type.properties.items()
            if part.type in DATE_TYPES
        )


def project_from(answer: Any) -> ProjectConfig | None:
    """Return the project of an answer; `None` if the answer is not a project configuration."""
    if not isinstance(answer, dict) or not isinstance(answer.get("settings"), dict):
        return None
    settings = answer["settings"]
    languages = _mapping(settings, "languages")
    license_profiles = _mapping(_mapping(answer, "mediaCenter"), "licenseProfiles")
    is_licensed = license_profiles.get("enabled") is True
    return ProjectConfig(
        handle=_text(settings, "handle"),
        revision=str(answer.get("$baseRevision", "")),
        media_types=_media_types(answer),
        locales=tuple(
            locale
            for part in _mappings(languages, "available")
            if (locale := _text(part, "locale"))
        ),
        default_locale=_text(_mapping(languages, "defaultLanguage"), "locale") or None,
        license_profiles=tuple(
            handle
            for part in (_mappings(license_profiles, "profiles") if is_licensed else ())
            if (handle := _text(part, "handle"))
        ),
    )


def _media_types(answer: dict[str, Any]) -> dict[str, MediaType]:
    if not isinstance(answer.get("mediaTypes"), list):
        return _default_media_types()
    types = (_media_type(part) for part in _mappings(answer, "mediaTypes"))
    return {part.handle: part for part in types if part.handle}


def _default_media_types() -> dict[str, MediaType]:
    properties = {name: Property(name, "li-text") for name in DEFAULT_PROPERTIES}
    return {
        handle: MediaType(handle, media_type, properties)
        for media_type, handle in MEDIA_TYPES.values()
    }


def _media_type(found: dict[str, Any]) -> MediaType:
    asset = _mapping(found, "asset")
    properties = (
        Property(_text(part, "handle"), _text(part, "type"), _mapping(part, "config"))
        for part in _mappings(found, "metadata")
    )
    return MediaType(
        handle=_text(found, "handle"),
        type=_text(found, "type"),
        properties={part.handle: part for part in properties if part.handle},
        label=_text(_mapping(found, "info"), "label"),
        is_asset_translatable=asset.get("translatable") is True,
        is_asset_replaceable=asset.get("replaceable") is True,
        has_deletion_routine=_mapping(found, "deletionRoutine").get("enabled") is True,
        are_properties_known=isinstance(found.get("metadata"), list),
    )


def _mapping(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _mappings(value: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    found = value.get(key)
    return (
        (part for part in found if isinstance(part, dict)) if isinstance(found, list) else iter(())
    )


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
