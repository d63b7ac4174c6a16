"""Records of random manifests, and their comparison with versions of entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

SYSTEM = "archive"
MEDIA_TYPES = {"videos": "video", "images": "image", "files": "file"}
ENDINGS = {"videos": "mp4", "images": "jpg", "files": "pdf"}
# Fields that identify an entry and are not content.
_NAMES = ("id", "externalId", "systemName")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a manifest: its item and the version of each property."""

    number: int
    title: int = 0
    address: int = 0
    credit: int | None = None
    prefix: str = "v"
    is_flawed: bool = False

    @property
    def name(self) -> str:
        """The externalId."""
        return f"{self.prefix}{self.number}"

    def __str__(self) -> str:
        """Return the line for a log: `v3:t1a0` is the second title at the first address."""
        credit = "" if self.credit is None else f"c{self.credit}"
        return f"{self.name}:t{self.title}a{self.address}{credit}{'!' * self.is_flawed}"


def record_of(kind: str, line: Line) -> Record:
    """Return the record of a line.

    One in three has no `title` in its metadata, and one in three has one that never changes, so
    that a new title may be a new `fileName` alone.
    """
    title = f"Film {line.number} take {line.title}"
    metadata: Record = {} if line.credit is None else {"credit": f"Ann {line.credit}"}
    if line.number % 3:
        metadata["title"] = title if line.number % 3 == 1 else f"Film {line.number}"
    if kind == "media-library":
        return _library_record(line, title, metadata)
    folder = f"{line.address}/" if line.address else ""
    record: Record = {
        "id": line.name,
        "url": f"https://old.example/{folder}{line.number}.{ENDINGS[kind]}",
        "fileName": title,
        "metadata": metadata,
    }
    if kind != "videos":
        record["mediaType"] = MEDIA_TYPES[kind]
    return _without(record, "url") if line.is_flawed else record


def _library_record(line: Line, title: str, metadata: Record) -> Record:
    key = f"legacy/{line.address}/{line.number}.jpg"
    record: Record = {
        **({} if line.number % 4 else {"id": own_id(line.number)}),
        "externalId": line.name,
        "mediaType": "image",
        "asset": {
            "key": key,
            "url": f"https://bucket.example/{key}",
            "size": 1000 + line.number,
            "width": 640,
            "height": 480,
            "filename": f"{line.number}.jpg",
            "mimeType": "image/jpeg",
        },
        "metadata": metadata,
    }
    if line.number % 3 == 0:
        record["translations"] = [{"locale": "fr", "metadata": {"title": title}}]
    elif line.number % 3 == 2:
        record["metadata"] = {**metadata, "description": title}
    return _without(record, "asset") if line.is_flawed else record


def own_id(number: int) -> str:
    """Return the id that a library record gives its entry by itself: one in four does."""
    return f"own-{number}"


def content_of(item: Mapping[str, Any]) -> Record:
    """Return the content of a record or a sent item, without its identifying fields."""
    return {name: value for name, value in item.items() if name not in _NAMES}


def differences(kind: str, content: Mapping[str, Any], version: Mapping[str, Any]) -> list[str]:
    """Return the fields of `content` that differ in a version of an entry."""
    found = [
        f"metadata.{name}"
        for name, value in content["metadata"].items()
        if version["metadata"].get(name) != value
    ]
    if version["mediaType"] != content.get("mediaType", MEDIA_TYPES.get(kind)):
        found.append("mediaType")
    if kind != "media-library":
        return found + [name for name in ("url", "fileName") if version[name] != content[name]]
    if any(version["asset"].get(name) != value for name, value in content["asset"].items()):
        found.append("asset")
    if version["translations"] != content.get("translations", []):
        found.append("translations")
    return found


def visible_differences(
    kind: str, content: Mapping[str, Any], version: Mapping[str, Any], title_shown: str
) -> list[str]:
    """Return those `differences` that a reader of the entry can see.

    The URL of an import is not among them, and its `fileName` only where it became the title.
    """
    found = differences(kind, content, version)
    if kind == "media-library":
        return found
    is_title = title_shown == "metadata" and "title" not in content["metadata"]
    shown = version["metadata"].get("title") if is_title else None
    hidden = {"url"} if shown not in (None, content["fileName"]) else {"url", "fileName"}
    return [name for name in found if name not in hidden]


def _without(record: Record, name: str) -> Record:
    return {key: value for key, value in record.items() if key != name}
