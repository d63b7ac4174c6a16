"""Answers of web hosts: which file it is, its size, and the part that was sent."""

from __future__ import annotations

import re

import httpx

OK, PARTIAL, NOT_SATISFIABLE = 200, 206, 416
# S3 repeats the encoding of an upload, which is not that of the file.
NOT_COMPRESSED = ("", "identity", "aws-chunked")
_range = re.compile(r"bytes\s+(?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)").fullmatch


def compression_of(answer: httpx.Response) -> str:
    """Return the name of the compression; empty for the bytes of the file itself."""
    encoding: str = answer.headers.get("content-encoding", "").strip().lower()
    return "" if encoding in NOT_COMPRESSED else encoding


def start_of(answer: httpx.Response) -> int | None:
    """Return the position of the first byte of a part, `None` if it is not stated."""
    found = _content_range(answer)
    return int(found[1]) if found and found[1] else None


def size_of(answer: httpx.Response) -> int | None:
    """Return the size of the whole file, `None` if the answer does not state it."""
    if compression_of(answer):
        return None
    if answer.status_code in (PARTIAL, NOT_SATISFIABLE):
        found = _content_range(answer)
        return int(found[2]) if found and found[2] != "*" else None
    length: str = answer.headers.get("content-length", "").strip()
    return int(length) if length.isdecimal() and len(length) < 19 else None


def validator_of(answer: httpx.Response) -> str:
    """Return the strong ETag, or else the time of the last change, for `If-Range`."""
    etag: str = answer.headers.get("etag", "").strip()
    if etag.startswith('"'):
        return etag
    modified: str = answer.headers.get("last-modified", "").strip()
    return modified


def differ(one: str, other: str) -> bool:
    """Return whether two validators or identities are of different contents; empty ones are not."""
    # A cache between may omit one of the two headers.
    is_comparable = one and other and one.startswith('"') == other.startswith('"')
    return bool(is_comparable) and one != other


def identity_of(answer: httpx.Response) -> str:
    """Return the strong ETag, or else the time of the last change with the size, if any."""
    validator = validator_of(answer)
    if validator.startswith('"') or not validator:
        return validator
    size = size_of(answer)
    return "" if size is None else f"{validator}:{size}"


def _content_range(answer: httpx.Response) -> re.Match[str] | None:
    return _range(answer.headers.get("content-range", "").strip().lower())
