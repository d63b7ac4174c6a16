"""The kinds of asynchronous imports: one declaration each, and no code that asks for a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ld_import.emulator.settings import Settings

# As the server reads "100mb".
MEGABYTE = 1024 * 1024

# The import that is not asynchronous: it takes entries of every media type.
LIBRARY = "mediaLibrary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind:
    """What distinguishes one kind of import on the wire.

    `name` is path segment, list key in requests and answers, and name of the request schema.
    `reference_at` is the member of a result that holds the media reference, `None` when its
    `mediaId` lies flat on the result. `mime_types` maps URL endings to types, the first is the
    type of an unknown ending. `allowed_types` are types or prefixes ending in `/`; `types_setting`
    names the setting that holds them where an installation decides.
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

    @property
    def default_media_type(self) -> str:
        """The handle of an entry whose request named none."""
        return self.word

    @property
    def webhook_source(self) -> str:
        """How a notification names the sender."""
        return f"livingdocs-{self.word}-import"

    @property
    def failure(self) -> str:
        """The vendor's reason for an item that could not be taken."""
        return f"Could not upload {self.word}"

    def mime_type_of(self, url: str) -> str:
        """Guess the type from the ending of the URL's path."""
        ending = ending_of(url)
        return self.mime_types.get(ending, next(iter(self.mime_types.values())))

    def configured(self, settings: Settings) -> ImportKind:
        """Return this kind with the types that the installation allows."""
        if self.types_setting is None:
            return self
        return replace(self, allowed_types=getattr(settings, self.types_setting))

    def allows(self, mime_type: str) -> bool:
        """Say whether a file of this type may be imported."""
        return any(
            mime_type.startswith(each) if each.endswith("/") else mime_type == each
            for each in self.allowed_types
        )

    def size_limit_of(self, mime_type: str) -> int:
        """Return the largest number of bytes a file of this type may have."""
        return self.size_limits.get(mime_type, self.size_limit)


def ending_of(url: str) -> str:
    """Return the lower-case ending of the URL's path, dot included, or nothing."""
    return PurePosixPath(file_name_of(url)).suffix.lower()


def file_name_of(url: str) -> str:
    """Return the last part of the URL's path; nothing when this is no URL at all."""
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
)

KINDS: Mapping[str, ImportKind] = MappingProxyType(
    {kind.name: kind for kind in (VIDEOS, IMAGES, FILES)}
)

# Known by their endings, though no kind takes them by default.
_FURTHER_TYPES = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".heic": "image/heic",
    ".html": "text/html",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_TYPE_OF_ENDING = {
    ending: mime_type
    for types in (_FURTHER_TYPES, *(kind.mime_types for kind in KINDS.values()))
    for ending, mime_type in types.items()
}


def type_by_ending(url: str) -> str | None:
    """Return the type that the ending of the URL's path stands for, when it stands for any."""
    return _TYPE_OF_ENDING.get(ending_of(url))


def word_of(kind_name: str, media_type: str) -> str:
    """Return what an entry is: `video`, `image` or `file`, whatever its handle is called."""
    return KINDS[kind_name].word if kind_name in KINDS else media_type
