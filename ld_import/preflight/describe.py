"""A project described for people and programs: its media types and their properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ld_import.preflight.examples import example_json, example_of
from ld_import.preflight.listed import listed_values, number_in
from ld_import.preflight.project import MEDIA_TYPES, MediaType, ProjectConfig, Property
from ld_import.preflight.shapes import NOT_ON_MEDIA
from ld_import.wording import shorten

SHOWN_VALUES = 5
# Limit in the configuration → the words before and after its number.
RANGES = (
    ("minLength", "maxLength", "characters"),
    ("minValue", "maxValue", ""),
    ("min", "max", "references"),
    ("", "maxItems", "items"),
)


def project_document(project: ProjectConfig, kind: str | None) -> dict[str, Any]:
    """Return the project as JSON; with a kind of import only the media types of that kind."""
    types = project.media_types.values() if kind is None else project.types_of(kind)
    return {
        "project": project.handle,
        "revision": project.revision,
        "locales": list(project.locales),
        "defaultLocale": project.default_locale,
        "licenseProfiles": list(project.license_profiles),
        "mediaTypes": [_media_type(part, project) for part in types],
    }


def kinds_of(media_type: MediaType) -> list[str]:
    """Return the kinds of import whose entries may have this media type."""
    return [*(kind for kind in MEDIA_TYPES if media_type.is_of(kind)), "media-library"]


def is_default(media_type: MediaType) -> bool:
    """Return whether entries without `mediaType` get this media type."""
    return (media_type.type, media_type.handle) in MEDIA_TYPES.values()


def limits_text(prop: Property) -> str:
    """Return the limits of a property, such as `at most 120 characters, no line breaks`."""
    return ", ".join(_limits(prop))


def property_rows(media_type: MediaType, project: ProjectConfig) -> list[dict[str, str]]:
    """Return a row of a table for each property."""
    return [
        {
            "property": prop.handle,
            "type": prop.type,
            "rules": ", ".join(_rules(prop)),
            "example": example_json(prop, project),
        }
        for prop in media_type.properties.values()
    ]


def _media_type(media_type: MediaType, project: ProjectConfig) -> dict[str, Any]:
    return {
        "handle": media_type.handle,
        "type": media_type.type,
        "label": media_type.label,
        "kinds": kinds_of(media_type),
        "isDefault": is_default(media_type),
        "assetTranslatable": media_type.is_asset_translatable,
        "assetReplaceable": media_type.is_asset_replaceable,
        "deletionRoutine": media_type.has_deletion_routine,
        "properties": [_property(prop, project) for prop in media_type.properties.values()],
    }


def _property(prop: Property, project: ProjectConfig) -> dict[str, Any]:
    return {
        "handle": prop.handle,
        "type": prop.type,
        "required": prop.is_required,
        "translatable": prop.is_translatable,
        "limits": limits_text(prop),
        "values": list(listed_values(prop)),
        "example": example_of(prop, project),
    }


def _rules(prop: Property) -> Iterator[str]:
    if prop.is_required:
        yield "required"
    if prop.is_translatable:
        yield "translatable"
    yield from _limits(prop)


def _limits(prop: Property) -> Iterator[str]:
    for least_name, most_name, word in RANGES:
        yield from _range(number_in(prop, least_name), number_in(prop, most_name), word)
    if prop.config.get("allowNewlines") is False:
        yield "no line breaks"
    if values := listed_values(prop):
        shown = " | ".join(shorten(str(value), 30) for value in values[:SHOWN_VALUES])
        yield f"one of {shown}{' …' if len(values) > SHOWN_VALUES else ''}"
    if prop.type in NOT_ON_MEDIA:
        yield "not documented for media"


def _range(least: float | None, most: float | None, word: str) -> Iterator[str]:
    if least is None and most is None:
        return
    if least is None:
        text = f"at most {most}"
    elif most is None:
        text = f"at least {least}"
    else:
        text = f"{least} to {most}"
    yield f"{text} {word}".rstrip()
