"""The check of translations: their locales, and whether the project allows other assets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ld_import.preflight.faults import Fault, Rule
from ld_import.preflight.project import MediaType, ProjectConfig
from ld_import.preflight.properties import PropertyCheck
from ld_import.wording import did_you_mean


class TranslationCheck:
    """The translations of entries of one media type."""

    def __init__(
        self, project: ProjectConfig, media_type: MediaType, properties: PropertyCheck | None
    ) -> None:
        """Check with these properties; `None` if they are unknown."""
        self._project = project
        self._media_type = media_type
        self._properties = properties

    def faults(self, translations: list[Any]) -> Iterator[Fault]:
        """Yield the faults of the translations of one entry."""
        for translation in translations:
            if isinstance(translation, dict) and isinstance(translation.get("locale"), str):
                yield from self._faults_of(translation["locale"], translation)

    def _faults_of(self, locale: str, translation: Mapping[str, Any]) -> Iterator[Fault]:
        path = f"translations.{locale}"
        yield from self._locale(locale, path)
        metadata = translation.get("metadata")
        if self._properties is not None and isinstance(metadata, dict):
            yield from self._properties.faults_of_translation(metadata, f"{path}.metadata")
        if translation.get("asset") and not self._media_type.is_asset_translatable:
            handle = self._media_type.handle
            yield Fault(
                Rule.ASSET_NOT_TRANSLATABLE,
                f"{path}.asset",
                f"`{path}.asset` is given, but assets of the media type `{handle}` are not"
                " translatable",
                "omit it, or make the asset translatable in the project",
            )

    def _locale(self, locale: str, path: str) -> Iterator[Fault]:
        locales = self._project.locales
        if locale == self._project.default_locale:
            text = f"`{path}` has the default language of the project"
            advice = "put its values into `metadata`, which is in the default language"
            yield Fault(Rule.DEFAULT_LOCALE, path, text, advice)
        elif locale not in locales:
            text = f"`{path}` has a locale that the project does not have"
            advice = did_you_mean(locale, locales) if locales else "the project has no languages"
            yield Fault(Rule.UNKNOWN_LOCALE, path, text, advice)
