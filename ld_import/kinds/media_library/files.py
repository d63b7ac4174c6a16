"""Entries with a file that is not in the storage yet: checked before it is prepared, and after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from ld_import.model import Problem, StoredFile
from ld_import.wording import show

FILE, SHA256 = "file", "sha256"
BUCKETS = ("s3", "gs", "az")
# The members of an asset that the storage determines.
OF_STORAGE = ("key", "url")
# Stands for what preparation adds, so that only what the record says can have a problem.
PLACEHOLDER: Mapping[str, Any] = {
    "key": "placeholder.jpg",
    "url": "https://placeholder.example/placeholder.jpg",
    "size": 0,
    "filename": "placeholder.jpg",
    "mimeType": "image/jpeg",
    "width": 0,
    "height": 0,
    "duration": 0,
}
SHAPE = {"image": ("width", "height"), "video": ("width", "height", "duration"), "file": ()}
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


def has_file(fields: Mapping[str, Any]) -> bool:
    """Return whether an entry names a file to prepare."""
    return FILE in fields


def is_file_usable(fields: Mapping[str, Any]) -> bool:
    """Return whether `with_asset` can be used, and hides no problem of the entry."""
    is_asset = isinstance(fields.get("asset"), dict | None)
    return (
        is_asset and isinstance(fields.get("mediaType"), str | None) and not file_problems(fields)
    )


def placeholder_of(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry as if its file were prepared, for a check."""
    given = wire.get("asset")
    asset = given if given is not None else {}
    filled = {**PLACEHOLDER, **asset} if isinstance(asset, dict) else asset
    rest = {name: value for name, value in wire.items() if name not in (FILE, SHA256)}
    if rest.get("mediaType") is None:
        rest["mediaType"] = "file"
    return {**rest, "asset": filled}


def file_problems(wire: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return the problems of the file of an entry, and of an asset that contradicts it."""
    problems = []
    if not isinstance(wire[FILE], str) or not wire[FILE].strip():
        text = "`file` must be a path or an address such as `https://…` or `s3://…`"
        problems.append(Problem(FILE, text))
    given = wire.get(SHA256)
    if given is not None and not _is_sha256(given):
        text = f"`{SHA256}` must have 64 hexadecimal digits"
        problems.append(Problem(SHA256, text))
    asset = wire.get("asset")
    stated: Mapping[str, Any] = asset if isinstance(asset, dict) else {}
    mime_type = stated.get("mimeType")
    if isinstance(mime_type, str) and not _is_header(mime_type):
        text = f"`asset.mimeType` is {show(mime_type)}; give a type such as `image/jpeg`"
        problems.append(Problem("asset.mimeType", text))
    for name in OF_STORAGE:
        if name in stated:
            text = f"`asset.{name}` is determined by the storage; omit it, or omit `file`"
            problems.append(Problem(f"asset.{name}", text))
    return tuple(problems)


def file_name_of(wire: Mapping[str, Any]) -> str:
    """Return the name of the file: `asset.filename`, else the last part of its address."""
    asset = wire.get("asset")
    if isinstance(asset, dict) and asset.get("filename"):
        return str(asset["filename"])
    address = wire[FILE]
    try:
        path = unquote(urlsplit(address).path) if _is_url(address) else address
    except ValueError:
        path = address
    return PurePosixPath(path.replace("\\", "/")).name or address


def with_asset(fields: Mapping[str, Any], asset: Mapping[str, Any], media: str) -> dict[str, Any]:
    """Return the fields of an entry whose file is stored as `asset`.

    `media` is `image`, `video` or `file`, from the content. Members that the entry states win.
    """
    entry = {name: value for name, value in fields.items() if name not in (FILE, SHA256)}
    if entry.get("mediaType") is None:
        entry["mediaType"] = media
    given = entry.get("asset") or {}
    shape = SHAPE.get(entry["mediaType"], SHAPE["video"])
    kept = {
        name: value
        for name, value in asset.items()
        if value is not None and (name in shape or name not in SHAPE["video"])
    }
    stated = {name: value for name, value in given.items() if value is not None}
    entry["asset"] = {**kept, "filename": file_name_of(fields), **stated}
    return entry


def contradicts(fields: Mapping[str, Any], stored: StoredFile) -> bool:
    """Return whether an entry states another size or SHA-256 than that of its stored file."""
    size, sha256 = (fields.get("asset") or {}).get("size"), fields.get(SHA256)
    return (size is not None and size != stored.size) or (
        sha256 is not None and sha256.lower() != stored.sha256.hex()
    )


def _is_url(address: str) -> bool:
    """Return whether an address is percent-encoded; keys in buckets are written as they are."""
    scheme, separator, _rest = address.partition("://")
    return bool(separator) and scheme.lower() not in BUCKETS


def _is_header(text: str) -> bool:
    """Return whether a text can be the header Content-Type of a stored file."""
    return text.isascii() and text.isprintable() and text == text.strip() and "/" in text


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and HEX_DIGITS.issuperset(value)
