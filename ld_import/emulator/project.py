"""The project of the server: its media types and languages, from a project configuration.

Without a configuration there is no `GET projectConfig`, and all metadata are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ld_import.emulator.kinds import KINDS
from ld_import.emulator.metadata_validation import Problem, problems_of, validator_of
from ld_import.emulator.project_validation import InvalidProjectConfig, check_project_config
from ld_import.emulator.records import Entry
from ld_import.emulator.settings import Settings

# A project without configured media types has one of each kind, with these properties.
DEFAULT_PROPERTIES = ("title", "caption", "source", "description")
_WORDS = {"mediaImage": "image", "mediaVideo": "video", "mediaFile": "file"}
_ADDED = {"v": 2, "$baseRevision": 1}
_ADDED_SETTINGS = {"handle": "emulated-project"}


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type: its kind (`image`, `video` or `file`), and the schema of its metadata."""

    word: str
    validator: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project. `answer` is the JSON that `GET projectConfig` returns.

    `answer` and `media_types` (by handle) are None without a configuration.
    """

    default_locale: str
    verb: str
    answer: bytes | None = None
    media_types: Mapping[str, MediaType] | None = None

    def problem_of_type(self, handle: str, kind_name: str | None = None) -> str | None:
        """Return why an entry cannot name this media type, or None.

        With the name of an import, the type must be one of its kind.
        """
        if self.media_types is None:
            return None
        found = self.media_types.get(handle)
        if found is None:
            return f"The media type '{handle}' is not configured"
        if kind_name is not None and found.word != KINDS[kind_name].word:
            return f"The media type '{handle}' is not a media type of {kind_name}"
        return None

    def problems_of(self, handle: str, metadata: Mapping[str, Any]) -> list[Problem]:
        """Return the problems of metadata; none for a media type that is not configured."""
        found = (self.media_types or {}).get(handle)
        return problems_of(metadata, found.validator, self.verb) if found else []

    def word_of(self, handle: str) -> str | None:
        """Return the kind of a media type: `image`, `video`, `file`; None for an unknown type."""
        if self.media_types is None:
            return handle
        found = self.media_types.get(handle)
        return found.word if found else None

    def word_of_entry(self, entry: Entry) -> str:
        """Return the kind of an entry: `image`, `video` or `file`, whatever its handle is."""
        if entry.kind in KINDS:
            return KINDS[entry.kind].word
        # The configuration may have changed since the import.
        return self.word_of(entry.media_type) or "file"


def project_from(settings: Settings) -> Project:
    """Return the project of these settings. Raises InvalidProjectConfig."""
    verb = "should" if settings.old_metadata_errors else "must"
    config = settings.project_config
    if config is None:
        return Project(default_locale=settings.default_locale, verb=verb)
    check_project_config(config)
    project = config.get("settings", {})
    default_language = project.get("languages", {}).get("defaultLanguage", {})
    return Project(
        default_locale=default_language.get("locale", settings.default_locale),
        verb=verb,
        answer=_json(_served(config)),
        media_types=_configured(config["mediaTypes"]) if "mediaTypes" in config else _defaults(),
    )


def _served(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with the members that every server fills in."""
    served = {**_ADDED, **config, "settings": {**_ADDED_SETTINGS, **config.get("settings", {})}}
    if "mediaTypes" in config:
        served["mediaTypes"] = [{"metadata": [], **found} for found in config["mediaTypes"]]
    return served


def _json(config: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(config)
    except TypeError as error:
        # A setting from Python may have values that JSON has not, such as dates.
        raise InvalidProjectConfig([((), f"cannot be written as JSON: {error}")]) from None


def _configured(media_types: Sequence[Mapping[str, Any]]) -> dict[str, MediaType]:
    return {
        found["handle"]: MediaType(
            word=_WORDS[found["type"]],
            validator=validator_of(
                {part["handle"]: part["type"] for part in found.get("metadata", ())}
            ),
        )
        for found in media_types
    }


def _defaults() -> dict[str, MediaType]:
    validator = validator_of(dict.fromkeys(DEFAULT_PROPERTIES, "li-text"))
    return {kind.default_media_type: MediaType(kind.word, validator) for kind in KINDS.values()}
