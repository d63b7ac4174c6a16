"""Keys and URLs of stored files, by the rules of the CMS.

A storage of the CMS computes the key of an object from its URL. Both must agree, so the path of the
URL ends with the key.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ld_import.assets.base import SUFFIX, FileProblem, StorageSettings

# Folders of the CMS: image variants in documents, and resized images of the editor.
RESERVED = ("v/", "image-variants-cache/")
# The limit of S3 for the name of an object, which includes the prefix.
MOST_CHARACTERS = 1024
ALLOWED = "letters a-z and A-Z, digits, `-`, `_`, `/`, and one dot before the ending"
IMAGE_ENDINGS = ".png, .jpg, .jpeg, .gif, .svg, .webp, .mp4 or .mov"

_foreign = re.compile(r"[^0-9A-Za-z_/.-]")
_ending = re.compile(r"\.[0-9a-z]+\Z")
# The pattern for `asset.url` in the OpenAPI file of the CMS: case-sensitive, not anchored.
_image_url = re.compile(r"//[^\"']*\.(?:png|jpg|jpeg|gif|svg|webp|mp4|mov)")


def prefix_of(settings: StorageSettings) -> str:
    """Return the prefix in the bucket, without slashes at both ends; empty for a folder."""
    if folder_text(settings.url) is not None:
        return ""
    return urlsplit(settings.url).path.strip("/")


def folder_text(url: str) -> str | None:
    """Return the folder of a `file:` URL or of a plain path, `None` for a bucket."""
    if url.startswith("file://"):
        from urllib.parse import unquote

        return unquote(url.removeprefix("file://").removeprefix("localhost"))
    if url.startswith("file:"):
        return url.removeprefix("file:")
    return None if "://" in url else url


def object_name(settings: StorageSettings, key: str) -> str:
    """Return the name of the object in the bucket: prefix and key."""
    prefix = prefix_of(settings)
    return f"{prefix}/{key}" if prefix else key


def asset_key(settings: StorageSettings, key: str) -> str:
    """Return the key that the CMS gets, with or without the prefix."""
    return object_name(settings, key) if settings.key_with_prefix else key


def asset_url(settings: StorageSettings, key: str) -> str:
    """Return the URL of the object that the CMS gets."""
    return f"{settings.public_url.rstrip('/')}/{key}"


def check_key(settings: StorageSettings, key: str) -> None:
    """Raise FileProblem unless the CMS and the storage accept this key.

    `SUFFIX` in the key represents a valid suffix.
    """
    shown = key.replace(SUFFIX, "….")
    problem = key_problem(settings, key.replace(SUFFIX, ".x"))
    if problem:
        raise FileProblem(
            f"the key `{shown}` of the storage `{settings.name}` is not usable: {problem}; change"
            f" the template `key` of the storage"
        )


def check_image_url(settings: StorageSettings, key: str) -> None:
    """Raise FileProblem if the CMS refuses the URL of this key for an image."""
    if _image_url.search(asset_url(settings, key)):
        return
    ending = _ending.search(key)
    what = f"images with the ending `{ending.group()}`" if ending else "images without an ending"
    raise FileProblem(
        f"the CMS does not accept {what}: the URL of an image must contain {IMAGE_ENDINGS}; convert"
        " the picture to JPEG, PNG or WebP, or import it with `mediaType: file`"
    )


def key_problem(settings: StorageSettings, key: str) -> str | None:
    """Return why this key is not usable, `None` if it is."""
    name = object_name(settings, key)
    return (
        _form_problem(key)
        or next((found for text in (key, name) if (found := _reserved(text))), None)
        or _length_problem(name)
        or _disagreement(settings, key)
    )


def _form_problem(key: str) -> str | None:
    if not key:
        return "it is empty"
    foreign = _foreign.search(key)
    if foreign:
        return f"it contains {foreign.group()!r}; only {ALLOWED} are allowed"
    if "." in _ending.sub("", key):
        return "it has a dot that does not begin a lower-case ending such as `.jpg`"
    if key.startswith("/") or key.endswith("/") or "//" in key:
        return "it has an empty part before, after or between slashes"
    return "it has no name before the ending" if _is_nameless(key) else None


def _is_nameless(key: str) -> bool:
    return not _ending.sub("", key).rpartition("/")[2]


def _reserved(text: str) -> str | None:
    for beginning in RESERVED:
        if text.startswith(beginning):
            return f"it begins with `{beginning}`, a folder of the CMS itself"
    return None


def _length_problem(name: str) -> str | None:
    if len(name) > MOST_CHARACTERS:
        return f"it has {len(name):,} characters with the prefix; {MOST_CHARACTERS:,} are allowed"
    return None


def _disagreement(settings: StorageSettings, key: str) -> str | None:
    """Return why the CMS cannot compute the key from the URL."""
    path = urlsplit(asset_url(settings, key)).path
    if path.endswith(f"/{asset_key(settings, key)}"):
        return None
    return (
        "with `keyWithPrefix: true` the CMS must find the prefix in the URL as well, so `publicUrl`"
        f" must end with `/{prefix_of(settings)}`"
    )
