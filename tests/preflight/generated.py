"""Generated projects and entries, the same for the same seed."""

from __future__ import annotations

from random import Random
from typing import Any

from ld_import.preflight import ProjectConfig, project_from
from ld_import.preflight.examples import example_of
from ld_import.preflight.shapes import NOT_ON_MEDIA, SHAPES

TYPES = {"mediaVideo": "video", "mediaImage": "image", "mediaFile": "file"}
KINDS = ("videos", "images", "files", "media-library")
NAMES = ("title", "credit", "year", "tags", "still", "own/one", "two~", "ä")
PLUGINS = (*SHAPES, *sorted(NOT_ON_MEDIA), "acme-mood", "li-google-vision", "li-reference")
LIMITS = (
    ("maxLength", 3),
    ("minLength", 3),
    ("allowNewlines", False),
    ("minValue", 5),
    ("maxItems", 1),
    ("required", True),
    ("translatable", True),
    ("dataProvider", {"items": [{"value": "news"}, {"value": 4}]}),
    ("maxLength", "damaged"),
)
ASSET = {
    "key": "a.png",
    "url": "https://x.example/a.png",
    "size": 1,
    "width": 1,
    "height": 1,
    "duration": 1,
    "filename": "a.png",
    "mimeType": "image/png",
}


class Generator:
    """Draws a project and entries that fit it more or less."""

    def __init__(self, seed: int) -> None:
        """Begin the sequence of a seed."""
        self._random = Random(seed)
        self.kind = self._random.choice(KINDS)
        self.answer = self._answer()

    def _answer(self) -> dict[str, Any]:
        one = self._random
        answer: dict[str, Any] = {
            "settings": {
                "handle": "town",
                "languages": {
                    "available": [{"locale": "de"}, {"locale": "fr"}],
                    "defaultLanguage": {"locale": "de"},
                },
            }
        }
        if one.random() < 0.9:
            handles = [*TYPES.values(), "talk", "poster"]
            chosen = one.sample(handles, one.randint(1, len(handles)))
            answer["mediaTypes"] = [self._media_type(handle) for handle in chosen]
        return answer

    def _media_type(self, handle: str) -> dict[str, Any]:
        one = self._random
        usual = next((name for name, default in TYPES.items() if default == handle), None)
        kind = usual if usual and one.random() < 0.9 else one.choice([*TYPES])
        names = one.sample(NAMES, one.randint(0, len(NAMES)))
        return {
            "type": kind,
            "handle": handle,
            "asset": {"translatable": one.random() < 0.5},
            "deletionRoutine": {"enabled": one.random() < 0.2},
            "metadata": [
                {
                    "handle": name,
                    "type": one.choice(PLUGINS),
                    "config": dict(one.sample(LIMITS, one.randint(0, 3))),
                }
                for name in names
            ],
        }

    def entries(self, count: int) -> list[dict[str, Any]]:
        """Return entries of the kind; `id` is their number."""
        project = project_from(self.answer)
        assert project is not None
        return [self._entry(number, project) for number in range(count)]

    def _entry(self, number: int, project: ProjectConfig) -> dict[str, Any]:
        handle = self._handle(project)
        entry = {"id": f"e{number}", "metadata": self._metadata(handle, project)}
        if self.kind != "media-library":
            wire = {**entry, "url": f"https://x.example/{number}", "fileName": ""}
            return wire | ({"mediaType": handle} if self._random.random() < 0.8 else {})
        translations = [
            {"locale": locale, "metadata": self._metadata(handle, project)}
            for locale in self._random.sample(("de", "fr", "it"), self._random.randint(0, 2))
        ]
        return {**entry, "mediaType": handle, "asset": ASSET, "translations": translations}

    def _handle(self, project: ProjectConfig) -> str:
        fitting = [media_type.handle for media_type in project.types_of(self.kind)]
        if fitting and self._random.random() < 0.85:
            return self._random.choice(fitting)
        return self._random.choice([*project.media_types, "nowhere"])

    def _metadata(self, handle: str, project: ProjectConfig) -> dict[str, Any]:
        one = self._random
        media_type = project.media_types.get(handle)
        known = [] if media_type is None else [*media_type.properties.values()]
        metadata = {
            prop.handle: self._value(example_of(prop, project))
            for prop in one.sample(known, one.randint(0, len(known)))
        }
        if one.random() < 0.1:
            metadata[one.choice(NAMES)] = self._any()
        return metadata

    def _value(self, example: Any) -> Any:
        chance = self._random.random()
        if chance < 0.75:
            return example
        return self._any() if chance < 0.85 else self._changed(example)

    def _changed(self, value: Any) -> Any:
        """Return the value with another value somewhere inside."""
        if isinstance(value, dict) and value:
            name = self._random.choice([*value])
            return {**value, name: self._changed(value[name])}
        if isinstance(value, list) and value:
            return [self._changed(value[0]), *value[1:]]
        return self._any()

    def _any(self) -> Any:
        values: tuple[Any, ...] = (
            None,
            True,
            0,
            12.0,
            1.5,
            "",
            "news",
            "a\nb",
            [],
            ["a"],
            [1, None],
            {},
            {"id": 1},
        )
        return self._random.choice(values)
