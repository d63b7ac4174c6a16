"""The check of entries of one media type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ld_import.preflight.faults import Fault, Rule
from ld_import.preflight.limits import Surroundings
from ld_import.preflight.project import MediaType
from ld_import.preflight.properties import NOTHING_GIVEN, PropertyCheck
from ld_import.preflight.translations import TranslationCheck


class MediaTypeCheck:
    """A media type: its properties, translations, license profiles and deletion routine."""

    def __init__(self, media_type: MediaType, kind: str, around: Surroundings) -> None:
        """Compile the media type."""
        is_known = media_type.are_properties_known
        self._properties = PropertyCheck(media_type, kind, around) if is_known else None
        self._translations = TranslationCheck(around.project, media_type, self._properties)
        # The other imports do not know translations.
        self._has_translations = kind == "media-library"
        self._license = next(
            (name for name, prop in media_type.properties.items() if _is_license(prop.type)), None
        )
        self._always = [_deletion(media_type)] if media_type.has_deletion_routine else []

    def faults(self, fields: Mapping[str, Any]) -> list[Fault]:
        """Return the faults of the fields of an entry."""
        metadata = fields.get("metadata") or {}
        faults = [] if self._properties is None else self._properties.faults(metadata)
        if self._has_translations and (translations := fields.get("translations")):
            faults += self._translations.faults(translations)
        if self._license is not None and metadata.get(self._license) in NOTHING_GIVEN:
            faults.append(_no_license(self._license))
        return faults + self._always if self._always else faults


def _is_license(plugin: str) -> bool:
    return plugin == "li-license-profile"


def _no_license(name: str) -> Fault:
    field = f"metadata.{name}"
    return Fault(
        Rule.NO_LICENSE_PROFILE,
        field,
        f"`{field}` is missing: the media type has license profiles",
        "give the handle of a profile, since documents may not publish media without one",
    )


def _deletion(media_type: MediaType) -> Fault:
    return Fault(
        Rule.DELETION_ROUTINE,
        "mediaType",
        f"the media type `{media_type.handle}` has a deletion routine, which deletes media that no"
        " document uses",
        "import the documents in time, or disable the routine meanwhile",
    )
