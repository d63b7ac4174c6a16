"""The kinds of asynchronous imports, one declaration each; no other code branches on a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ld_import.emulator.settings import Settings

# The server interprets "100mb" in this unit.
MEGABYTE = 1024 * 1024

# The synchronous import, which accepts entries of every media type.
LIBRARY = "mediaLibrary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind:
    """One kind of import: its wire names, types and size limits.

    `name` is the path segment, the list key in requests and answers, and the name of the schema.
    `reference_at` is the member of a result that holds the media reference, None when `mediaId` is
    a member of the result itself. `mime_types` maps URL suffixes to types; the first is the default
    for unknown suffixes. `allowed_types` are types, or prefixes ending in `/`. `types_setting`
    names the setting that holds them if they are configurable. No file is inspected:
    every medium of a kind has `reference_extra` in results, and `asset_extra` in its entry.
    """

    name: str
    word: str
    reference_at: str | None
    mime_types: Mapping[str, str]
    allowed_types: tuple[str, ...]
    size_limit: int
    types_setting: str | None = None
    size_limits: Mapping[str, int] = field(default_factory=dict)
    reference_extra: Mapping[str, Any] = field(default_factory=dict)
    asset_extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def default_media_type(self) -> str:
        """The media type of an entry whose request gives none."""
        return self.word

    @property
    def webhook_source(self) -> str:
        """The `source` of a notification."""
        return f"livingdocs-{self.word}-import"

    @property
    def failure(self) -> str:
        """The vendor's reason for an item that could not be imported."""
        return f"Could not upload {self.word}"

    def mime_type_of(self, url: str) -> str:
        """Guess the type from the suffix of the URL's path."""
        return self.mime_types.get(suffix_of(url), next(iter(self.mime_types.values())))

    def configured(self, settings: Settings) -> ImportKind:
        """Return this kind with the allowed types of these settings."""
        if self.types_setting is None:
            return self
        return replace(self, allowed_types=getattr(settings, self.types_setting))

    def allows(self, mime_type: str) -> bool:
        """Whether a file of this type may be imported."""
        return any(
            mime_type.startswith(allowed) if allowed.endswith("/") else mime_type == allowed
            for allowed in self.allowed_types
        )

    def size_limit_of(self, mime_type: str) -> int:
        """Return the maximum size of a file of this type, in bytes."""
        return self.size_limits.get(mime_type, self.size_limit)


@lru_cache
def suffix_of(url: str) -> str:
    """Return the lower-case suffix of the URL's path, including the dot; "" if there is none."""
    return PurePosixPath(file_name_of(url)).suffix.lower()


@lru_cache
def file_name_of(url: str) -> str:
    """Return the last part of the URL's path; "" for an invalid URL."""
    try:
        return PurePosixPath(urlsplit(url).path).name
    except ValueError:
        return ""


VIDEOS = ImportKind(
    name="videos",
    word="video",
    reference_at="video",
    mime_types={
        ".mp4": "video/mp4",
        ".m4v": "video/x-m4v",
        ".mov": "video/quicktime",
        ".webm": "video/webm",
        ".ogv": "video/ogg",
        ".avi": "video/x-msvideo",
        ".mkv": "video/x-matroska",
        ".mpg": "video/mpeg",
        ".mpeg": "video/mpeg",
        ".wmv": "video/x-ms-wmv",
        ".flv": "video/x-flv",
        ".3gp": "video/3gpp",
    },
    allowed_types=("video/",),
    size_limit=100 * MEGABYTE,
    asset_extra={"width": 1920, "height": 1080, "duration": 90.5, "size": 10_485_760},
)

IMAGES = ImportKind(
    name="images",
    word="image",
    reference_at="image",
    mime_types={
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".png": "image/png",
        ".gif": "image/gif",
        ".svg": "image/svg+xml",
        ".webp": "image/webp",
    },
    allowed_types=("image/jpeg", "image/png", "image/gif", "image/svg+xml", "image/webp"),
    size_limit=15 * MEGABYTE,
    size_limits={"image/gif": 10 * MEGABYTE, "image/webp": 10 * MEGABYTE},
    reference_extra={"width": 1600, "height": 900, "imageService": "imgix"},
    asset_extra={"width": 1600, "height": 900, "size": 245_760},
)

FILES = ImportKind(
    name="files",
    word="file",
    reference_at=None,
    mime_types={
        ".pdf": "application/pdf",
        ".csv": "text/csv",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".mp3": "audio/mpeg",
        ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ".txt": "text/plain",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".zip": "application/zip",
    },
    allowed_types=("application/pdf",),
    types_setting="file_types",
    size_limit=100 * MEGABYTE,
    asset_extra={"size": 65_536},
)

KINDS: Mapping[str, ImportKind] = MappingProxyType(
    {kind.name: kind for kind in (VIDEOS, IMAGES, FILES)}
)

# Types that no kind allows by default.
_FURTHER_TYPES = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".heic": "image/heic",
    ".html": "text/html",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_TYPE_BY_SUFFIX = {
    suffix: mime_type
    for types in (_FURTHER_TYPES, *(kind.mime_types for kind in KINDS.values()))
    for suffix, mime_type in types.items()
}


def type_by_suffix(url: str) -> str | None:
    """Return the type for the suffix of the URL's path, or None for an unknown suffix."""
    return _TYPE_BY_SUFFIX.get(suffix_of(url))
