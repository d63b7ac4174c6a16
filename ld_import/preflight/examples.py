"""An example of a valid value of a property."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ld_import.preflight.listed import listed_values, number_in
from ld_import.preflight.project import ProjectConfig, Property

TEXT = "Text"
CROP = {"name": "square", "x": 0, "y": 0, "width": 600, "height": 600, "isAutomatic": False}
IMAGE = {
    "mediaId": "5f7a1c",
    "originalUrl": "https://cdn.example/still.jpg",
    "mimeType": "image/jpeg",
    "width": 1200,
    "height": 800,
}
REFERENCE = {"id": "2041"}
TRANSCODING = {"assetKey": "film.mp4", "versions": []}
MOMENT = "2024-05-31T12:00:00.000Z"

EXAMPLES: Mapping[str, Any] = {
    "li-external-id": "legacy-4711",
    "li-media-handle": "opening-night",
    "li-color": "#8CBA51",
    "li-numeric-list": [1, 2],
    "li-boolean": True,
    "li-invalid": False,
    "li-date": "2024-05-31",
    "li-datetime": MOMENT,
    "li-system-datetime": MOMENT,
    "li-datetime-validity": {"from": MOMENT, "to": "2099-12-31T23:59:59.000Z"},
    "li-document-reference": {"$ref": "document", "reference": REFERENCE},
    "li-image": IMAGE,
    "li-poster-image": IMAGE,
    "li-video-reference": {"$ref": "video", "reference": {"id": "5f7a1c"}},
    "li-named-crops": {"crops": [CROP], "focalPoint": {"x": 300, "y": 200}},
    "li-transcoding-state": {"commands": [], "transcodings": [TRANSCODING]},
    "li-metadata-translations": {"locale": "de", "label": "Deutsch"},
}


def example_of(prop: Property, project: ProjectConfig) -> Any:
    """Return a value that the property accepts; `None` if the form of its values is not known."""
    make = MAKERS.get(prop.type)
    return make(prop, project) if make else EXAMPLES.get(prop.type)


def example_json(prop: Property, project: ProjectConfig) -> str:
    """Return the example as JSON; empty if there is none."""
    example = example_of(prop, project)
    return "" if example is None else orjson.dumps(example).decode()


def _text(prop: Property, project: ProjectConfig) -> str:
    if listed := _listed(prop, str):
        return str(listed[0])
    least, most = number_in(prop, "minLength"), number_in(prop, "maxLength")
    # A long example is not readable, and the limit may be a mistake.
    text = TEXT.ljust(min(int(least or 0), 80), "x")
    return text if most is None else text[: max(int(most), 0)]


def _integer(prop: Property, project: ProjectConfig) -> int:
    if listed := _listed(prop, int):
        return int(listed[0])
    least, most = number_in(prop, "minValue"), number_in(prop, "maxValue")
    value = 12 if least is None else max(12, _up(least))
    return value if most is None or value <= most else int(most // 1)


def _up(number: float) -> int:
    return int(-(-number // 1))


def _strings(prop: Property, project: ProjectConfig) -> list[str]:
    return list(_listed(prop, str)[:2]) or ["first", "second"]


def _numbers(prop: Property, project: ProjectConfig) -> list[int]:
    most = number_in(prop, "maxItems")
    return [1, 2] if most is None else [1, 2][: max(int(most), 0)]


def _references(prop: Property, project: ProjectConfig) -> dict[str, Any]:
    least, most = number_in(prop, "min"), number_in(prop, "max")
    count = max(1, _up(least or 0)) if most is None or most >= 1 else 0
    return {"$ref": "documents", "references": [REFERENCE] * min(count, 10)}


def _license(prop: Property, project: ProjectConfig) -> dict[str, str]:
    return {"handle": next(iter(project.license_profiles), "profile")}


def _listed(prop: Property, wanted: type) -> tuple[Any, ...]:
    return tuple(value for value in listed_values(prop) if type(value) is wanted)


MAKERS: Mapping[str, Callable[[Property, ProjectConfig], Any]] = {
    "li-text": _text,
    "li-enum": _text,
    "li-integer": _integer,
    "li-system-integer": _integer,
    "li-string-list": _strings,
    "li-numeric-list": _numbers,
    "li-document-references": _references,
    "li-license-profile": _license,
}
