"""Compares sample files, the objects of a bucket and the entries of a server with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.media_files import Expected
from tests.harness.s3_server import Bucket, ObjectDigest

PUBLIC_URL = "https://cdn.example/media"
# Containers round the duration to whole frames or packets.
DURATION_SECONDS = 0.12

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """The entries of a server and the objects of a bucket."""

    entries: Mapping[str, Entry]
    objects: Mapping[str, ObjectDigest]
    repeated: Sequence[str] = field(default_factory=tuple)


def name_of(number: int) -> str:
    """Return the externalId of a file, by its position."""
    return f"file-{number:05}"


def registered(entries: Iterable[Entry], bucket: Bucket) -> Registered:
    """Return the present entries and objects."""
    by_name: dict[str, Entry] = {}
    repeated = []
    for entry in entries:
        if entry["externalId"] in by_name or entry["created"] != 1:
            repeated.append(str(entry["externalId"]))
        by_name[entry["externalId"]] = entry
    return Registered(by_name, bucket.digests(), repeated)


def mistakes(files: Sequence[Expected], found: Registered) -> list[str]:
    """Return all differences between the sound files and their objects and entries.

    Every sound file has one object and one entry, both right, and there are no others.
    """
    named = {name_of(number): file for number, file in enumerate(files)}
    sound = {name: file for name, file in named.items() if file.is_sound}
    lost = [f"{name}: not registered" for name in sound if name not in found.entries]
    wrong = [
        f"{name}: registered, but it is {file.problem}"
        for name, file in named.items()
        if not file.is_sound and name in found.entries
    ]
    keys = {entry["asset"]["key"] for entry in found.entries.values()}
    more = [f"{key}: an object without an entry" for key in found.objects if key not in keys]
    return [*lost, *wrong, *more, *untrue_entries(named, found)]


def untrue_entries(named: Mapping[str, Expected], found: Registered) -> list[str]:
    """Return all differences between the entries that exist and their files and objects."""
    return [
        *(f"{name}: registered twice" for name in found.repeated),
        *(
            f"{name} ({named[name].title}): {text}"
            for name, entry in found.entries.items()
            for text in _differences(named[name], entry["asset"], found.objects)
        ),
    ]


def _differences(
    file: Expected, asset: Entry, objects: Mapping[str, ObjectDigest]
) -> Iterator[str]:
    key = str(asset["key"])
    facts = {
        "size": file.size,
        "mimeType": file.mime,
        "width": file.width,
        "height": file.height,
        "url": f"{PUBLIC_URL}/{key}",
        "filename": Path(file.path).name,
    }
    for name, value in facts.items():
        if asset.get(name) != value:
            yield f"{name} is {asset.get(name)!r}, not {value!r}"
    # The CMS has no duration for files that are neither image nor video.
    duration = None if file.media == "file" else file.duration
    if not _is_near(asset.get("duration"), duration):
        yield f"duration is {asset.get('duration')!r}, not {file.duration!r}"
    if not key.endswith(file.suffix or "-"):
        yield f"key is {key!r}, without {file.suffix!r}"
    stored = objects.get(key)
    if stored is None:
        yield f"there is no object {key!r}"
    elif (stored.size, stored.sha256) != (file.size, file.sha256):
        yield f"the object {key!r} differs from the file"
    elif stored.content_type != file.mime:
        yield f"the object has the type {stored.content_type!r}, not {file.mime!r}"


def _is_near(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) < DURATION_SECONDS
