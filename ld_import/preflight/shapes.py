"""The JSON value that each metadata plugin of Livingdocs stores.

Members that the documentation does not name may have any value, and a member may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Mismatch(NamedTuple):
    """A value of another type than expected, and the path to it from the property."""

    path: str
    value: Any
    expected: str


TEXTS = "a list of texts"
Shape = Callable[[Any, str], Mismatch | None]


def text(value: Any, path: str) -> Mismatch | None:
    """Accept a text."""
    return None if type(value) is str else Mismatch(path, value, "a text")


def integer(value: Any, path: str) -> Mismatch | None:
    """Accept a whole number; 12.0 is one, as in JSON Schema."""
    if type(value) is int or (type(value) is float and value.is_integer()):
        return None
    return Mismatch(path, value, "a whole number")


def boolean(value: Any, path: str) -> Mismatch | None:
    """Accept true and false."""
    return None if type(value) is bool else Mismatch(path, value, "true or false")


def anything(value: Any, path: str) -> Mismatch | None:
    """Accept every value."""
    return None


def list_of(shape: Shape, expected: str) -> Shape:
    """Return a shape of lists with items of this shape."""

    def check(value: Any, path: str) -> Mismatch | None:
        if type(value) is not list:
            return Mismatch(path, value, expected)
        for at, item in enumerate(value):
            if found := shape(item, f"{path}.{at}"):
                return found
        return None

    return check


def object_of(members: Mapping[str, Shape]) -> Shape:
    """Return a shape of objects whose members, if they are not null, have these shapes."""

    def check(value: Any, path: str) -> Mismatch | None:
        if type(value) is not dict:
            return Mismatch(path, value, "an object")
        for name, shape in members.items():
            member = value.get(name)
            if member is not None and (found := shape(member, f"{path}.{name}")):
                return found
        return None

    return check


_ANY_OBJECT = object_of({})
_ID = object_of({"id": text})
_IMAGE = object_of(
    {
        "mediaId": text,
        "originalUrl": text,
        "url": text,
        "width": integer,
        "height": integer,
        "mimeType": text,
        "imageService": text,
        "crops": list_of(_ANY_OBJECT, "a list of crops"),
        "focalPoint": _ANY_OBJECT,
    }
)
_PIXELS = dict.fromkeys(("x", "y", "width", "height"), integer)
_CROP = object_of({"name": text, **_PIXELS, "isAutomatic": boolean})

# Types that are not here are those of the project's own plugins, of removed plugins, and of plugins
# whose value is not documented for media: any value passes.
SHAPES: Mapping[str, Shape] = {
    "li-text": text,
    "li-external-id": text,
    "li-media-handle": text,
    "li-enum": text,
    "li-color": text,
    "li-string-list": list_of(text, TEXTS),
    "li-numeric-list": list_of(integer, "a list of whole numbers"),
    "li-integer": integer,
    "li-system-integer": integer,
    "li-boolean": boolean,
    "li-invalid": boolean,
    "li-date": text,
    "li-datetime": text,
    "li-system-datetime": text,
    "li-datetime-validity": object_of({"from": text, "to": text}),
    "li-document-reference": object_of({"$ref": text, "reference": _ID}),
    "li-document-references": object_of(
        {"$ref": text, "references": list_of(_ID, "a list of references")}
    ),
    "li-image": _IMAGE,
    "li-poster-image": _IMAGE,
    "li-video-reference": object_of(
        {"$ref": text, "reference": object_of({"id": text, "posterImageId": text})}
    ),
    "li-named-crops": object_of(
        {
            "crops": list_of(_CROP, "a list of crops"),
            "focalPoint": object_of({"x": integer, "y": integer}),
        }
    ),
    "li-transcoding-state": object_of(
        {
            "commands": list_of(anything, "a list of commands"),
            "transcodings": list_of(object_of({"assetKey": text}), "a list of transcodings"),
        }
    ),
    "li-metadata-translations": object_of({"locale": text, "label": text}),
    "li-license-profile": object_of({"handle": text}),
}

# Plugins that the documentation does not list for media: an import cannot rely on them.
NOT_ON_MEDIA = frozenset(
    {
        "li-category",
        "li-language",
        "li-unique-id",
        "li-tree",
        "li-list-reference",
        "li-routing",
        "li-publish-date",
        "li-team",
        "li-task-v2",
        "li-user-needs",
        "li-system-text",
        "li-system-date",
        "li-system-boolean",
        "li-system-enum",
        "li-system-priority",
    }
)
