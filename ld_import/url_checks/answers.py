"""The answer to one request for a URL, reduced to the parts that a check needs."""

from __future__ import annotations

import ipaddress
import re
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

HEAD_BYTES = 4096
LONGEST_MEDIA_TYPE = 100
_total = re.compile(r"bytes\s+(?:\d+-\d+|\*)/(\d{1,18})").fullmatch
COMPRESSED = ("gzip", "x-gzip", "deflate")
# zlib: the header decides between gzip and deflate.
ANY_HEADER = 47


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer after all redirects.

    - `url` is the URL that answered, `hops` is the number of redirects.
    - `media_type` is in lower case and without parameters, empty if not named.
    - `byte_count` is the size of the whole content, `None` if not named.
    - `head` are the first bytes of the content, `None` if they were not requested or not readable.
    - `is_private` means that the host has a private address.
    - `retry_after_seconds` is the wait that a busy host requests.
    - `is_downgraded` means that a redirect led from https to http.
    """

    status: int
    url: str
    media_type: str = ""
    byte_count: int | None = None
    head: bytes | None = None
    location: str = ""
    is_private: bool = False
    retry_after_seconds: float | None = None
    hops: int = 0
    is_downgraded: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def status_text(self) -> str:
        """The status with its usual phrase: `404 Not Found`."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


def answer_from(response: httpx.Response, content: bytes | None, *, is_complete: bool) -> Answer:
    """Return the answer; `content` is the beginning of the body as sent, `None` for HEAD."""
    return Answer(
        status=response.status_code,
        url=str(response.url),
        media_type=_media_type(response),
        byte_count=_byte_count(response, content, is_complete=is_complete),
        head=_readable(response, content),
        location=response.headers.get("location", "") if response.is_redirect else "",
        is_private=_is_private(response),
    )


def _media_type(response: httpx.Response) -> str:
    text: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return text[:LONGEST_MEDIA_TYPE] if "/" in text else ""


def _byte_count(
    response: httpx.Response, content: bytes | None, *, is_complete: bool
) -> int | None:
    total = _total(response.headers.get("content-range", "").strip())
    if response.status_code in (HTTPStatus.PARTIAL_CONTENT, 416):
        return int(total[1]) if total else None
    if response.headers.get("content-encoding", "identity") != "identity":
        return None
    length = response.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 19:
        return int(length)
    return len(content) if is_complete and content is not None else None


def _readable(response: httpx.Response, content: bytes | None) -> bytes | None:
    encoding = response.headers.get("content-encoding", "identity").lower().strip()
    if content is None or encoding == "identity" or not content:
        return content
    if encoding not in COMPRESSED:
        return None
    try:
        # The limit protects from content that unpacks to gigabytes.
        return zlib.decompressobj(ANY_HEADER).decompress(content, HEAD_BYTES) or None
    except zlib.error:
        return None


def _is_private(response: httpx.Response) -> bool:
    stream: Any = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    try:
        return peer is not None and not ipaddress.ip_address(peer[0].partition("%")[0]).is_global
    except (ValueError, TypeError, IndexError, AttributeError):
        return False
